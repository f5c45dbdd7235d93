import pm500Normalize from '../../nodes/pm500-normalize';
import { ConfigReader } from '../../nodes/shared/config';
import { NormalizeRun } from '../../nodes/pm500-normalize/normalize-run';
import { readNormalizeSettings } from '../../nodes/pm500-normalize/read-settings';
import { readShape } from '../../nodes/pm500-normalize/normalize-shapes';
import type { Node, NodeMessage, NodeMessageInFlow } from 'node-red';
import type { AlarmMessage } from '../../src/domain/alarms/alarm-message';
import { parseNormalizeCommand } from '../../src/domain/normalizer/command';
import type { Reading, Value } from '../../src/domain/messages/reading';
import { seededRandom } from '../../src/support/random';
import { FakeClock, settle } from '../fake-clock';
import { FakeNode, FakeRed } from '../node-red/fake-red';
import { READ_AT, sampleReading } from './readings';

/** A reading of assemblies of a meter whose layout is confirmed, with some values changed. */
export function confirmedReading(
  assemblies: readonly number[],
  timestamp: number,
  values: Readonly<Record<string, Value>> = {},
  name = 'main-incomer',
): Reading {
  const reading = sampleReading(assemblies, seededRandom(1), timestamp);
  return {
    ...reading,
    meter: { ...reading.meter, name },
    layout: { ...reading.layout, confirmed: true },
    blocks: reading.blocks.map((block) => {
      const own = Object.entries(values).filter(([metric]) => metric in block.provenance);
      return { ...block, values: { ...block.values, ...Object.fromEntries(own) } };
    }),
  };
}

/** The same, but the meter did not answer. */
export function failedReading(reading: Reading): Reading {
  const error = { code: 'ENIP_REPLY_TIMEOUT', message: 'No reply.' } as const;
  return { ...reading, blocks: reading.blocks.map((block) => ({ ...block, values: {}, error })) };
}

/** Makes `pm500-normalize` nodes in a Node-RED of their own. */
export function createNormalize(properties: object, settings: { readonly userDir?: string } = {}): FakeNode {
  const red = new FakeRed(settings);
  pm500Normalize(red.api);
  return red.create('pm500-normalize', properties);
}

function isRuleList({ payload }: NodeMessage): boolean {
  return (payload as AlarmMessage).event === 'configured';
}

/** The work of a `pm500-normalize` node under a clock that stands still. */
export class NormalizeBench {
  readonly node: FakeNode;
  readonly work: NormalizeRun;

  constructor(
    properties: object,
    readonly clock: FakeClock = new FakeClock(READ_AT),
    settings: { readonly userDir?: string } = {},
  ) {
    const { id } = properties as { readonly id?: string };
    this.node = new FakeNode('pm500-normalize', id);
    const RED = new FakeRed(settings).api;
    const config = new ConfigReader('pm500-normalize', properties);
    const node = this.node as unknown as Node;
    const read = readNormalizeSettings(RED, config);
    this.work = new NormalizeRun(RED, node, read, readShape(RED, node, config, read.currency), clock);
  }

  /** What a reading of now gives on the first output. */
  async accept(reading: Reading): Promise<readonly NodeMessage[]> {
    return this.sentBy((message, send) => this.work.accept(reading, message, send));
  }

  async command(payload: object): Promise<readonly NodeMessage[]> {
    const command = parseNormalizeCommand(payload);
    if (command === undefined) throw new Error('This is no command.');
    return this.sentBy((message, send) => this.work.command(command, message, send));
  }

  /** Takes what the second output has sent since the last time, but for the lists of rules. */
  takeEvents(): readonly NodeMessage[] {
    return this.node.sentSecond.splice(0).filter((message) => !isRuleList(message));
  }

  /** Takes the lists of rules that the second output has sent since the last time, and nothing else. */
  takeRuleLists(): readonly AlarmMessage[] {
    return this.node.sentSecond
      .splice(0)
      .filter(isRuleList)
      .map(({ payload }) => payload as AlarmMessage);
  }

  close(removed = false): Promise<void> {
    return this.work.close(removed);
  }

  private async sentBy(
    work: (
      message: NodeMessageInFlow,
      send: (out: NodeMessage | (NodeMessage | NodeMessage[] | null)[]) => void,
    ) => Promise<unknown>,
  ): Promise<readonly NodeMessage[]> {
    const before = this.node.sent.length;
    await work({ _msgid: 'm' }, (out) => {
      this.node.send(out);
    });
    await settle();
    return this.node.sent.slice(before);
  }
}
