import { DEFAULTS } from '../nodes/shared/forms';
import type { NodeRed } from './node-red/node-red';
import type { Credentials, FlowEntry } from './node-red/node-red-admin';
import { waitFor } from './wait';

export interface CountingFlowOptions {
  /** Properties of the influx-target beside the defaults. */
  readonly target: object;
  readonly pointsPerMessage: number;
  /** Length of a text that makes points larger. */
  readonly pad?: number;
}

/** What became of a message, by the number of its first point. */
export interface MessageEnd {
  readonly first: number;
  /** What the Catch node heard; absent when the message is done. */
  readonly error?: string;
  /** Its stable code, where it has one. */
  readonly code?: string;
}

/** Time of the point with number 0, epoch milliseconds; each of the others is a millisecond later. */
export const COUNT_START = 1_767_600_000_000;
export const COUNT_MEASUREMENT = 'counted';
export const COUNT_TARGET = 'count-target';
export const COUNT_OUT = 'count-out';
const INJECT = 'count-inject';
const ENDS = 'count-ends';
const DIAGNOSTICS = 'count-diagnostics';

const Z = 'count-tab';
const at = { z: Z, x: 100, y: 100, name: '' };
const code = { type: 'function', outputs: 1, timeout: 0, noerr: 0, initialize: '', finalize: '', libs: [] };
const debug = { type: 'debug', active: true, tosidebar: true, console: false, tostatus: false };
const shown = { complete: 'payload', targetType: 'msg', statusVal: '', statusType: 'auto', wires: [] };

/** A flow in which a press of the inject node sends a message of points with the numbers that come next, never twice. */
function countingFlow({ target, pointsPerMessage, pad = 0 }: CountingFlowOptions): readonly FlowEntry[] {
  const point = `{ measurement: '${COUNT_MEASUREMENT}', fields: { f: first + at${pad === 0 ? '' : `, pad: 'x'.repeat(${pad})`} }, timestamp: ${COUNT_START} + first + at }`;
  return [
    { id: Z, type: 'tab', label: 'counting', disabled: false, info: '', env: [] },
    { ...DEFAULTS['influx-target'], id: COUNT_TARGET, type: 'influx-target', flushMs: 20, ...target },
    {
      ...at,
      id: INJECT,
      type: 'inject',
      props: [],
      repeat: '',
      crontab: '',
      once: false,
      onceDelay: 0.1,
      topic: '',
      wires: [['count']],
    },
    {
      ...at,
      ...code,
      id: 'count',
      func: `const first = global.get('next') ?? 0;
global.set('next', first + ${pointsPerMessage});
return { first, payload: Array.from({ length: ${pointsPerMessage} }, (_, at) => (${point})) };`,
      wires: [[COUNT_OUT]],
    },
    {
      ...at,
      ...DEFAULTS['influx-out'],
      id: COUNT_OUT,
      type: 'influx-out',
      target: COUNT_TARGET,
      wires: [['count-tell']],
    },
    { ...at, id: 'count-done', type: 'complete', scope: [COUNT_OUT], uncaught: false, wires: [['count-end']] },
    { ...at, id: 'count-caught', type: 'catch', scope: [COUNT_OUT], uncaught: false, wires: [['count-end']] },
    {
      ...at,
      ...code,
      id: 'count-end',
      func: 'return { payload: JSON.stringify({ first: msg.first, error: msg.error?.message, code: msg.error?.code }) };',
      wires: [[ENDS]],
    },
    {
      ...at,
      ...code,
      id: 'count-tell',
      func: 'return { payload: JSON.stringify(msg.payload) };',
      wires: [[DIAGNOSTICS]],
    },
    { ...at, ...debug, ...shown, id: ENDS },
    { ...at, ...debug, ...shown, id: DIAGNOSTICS },
  ] as readonly FlowEntry[];
}

/** Presses the button of a counting flow in a Node-RED and tells what became of it. */
export class Counter {
  constructor(private readonly nodeRed: NodeRed) {}

  async deploy(options: CountingFlowOptions, credentials: Credentials = {}): Promise<void> {
    await this.nodeRed.admin.deploy(countingFlow(options), credentials);
  }

  /** Sends a message and resolves when it has ended. */
  async send(): Promise<MessageEnd> {
    const before = this.ends.length;
    // Node-RED answers a deployment before its flows have started, and 404 to a button that is not there yet.
    await waitFor('the inject node', async () => {
      await this.nodeRed.admin.inject(INJECT);
      return true;
    });
    return waitFor('the end of the message', () => this.ends[before]);
  }

  /** Sends messages one after the other; the ends of all. */
  async sendMany(count: number): Promise<readonly MessageEnd[]> {
    const ends: MessageEnd[] = [];
    for (let sent = 0; sent < count; sent += 1) ends.push(await this.send());
    return ends;
  }

  get ends(): readonly MessageEnd[] {
    return this.shownBy(ENDS) as readonly MessageEnd[];
  }

  /** Every diagnostics message so far. */
  get diagnostics(): readonly Readonly<Record<string, unknown>>[] {
    return this.shownBy(DIAGNOSTICS) as readonly Readonly<Record<string, unknown>>[];
  }

  /** A number of the target at pm500/metrics, for instance "dropped_records_total". */
  async metric(name: string): Promise<number> {
    const text = await this.nodeRed.admin.get('pm500/metrics');
    const [, value] = new RegExp(`^pm500_delivery_${name}\\{.*\\} (.*)$`, 'm').exec(text) ?? [];
    return Number(value ?? NaN);
  }

  /** Resolves when nothing waits in the outbox. */
  async delivered(): Promise<void> {
    await waitFor('an empty outbox', async () => (await this.metric('waiting_records')) === 0, { timeoutMs: 60_000 });
  }

  private shownBy(id: string): readonly unknown[] {
    return this.nodeRed.channel.debugsOf(id).map(({ msg }) => JSON.parse(String(msg)) as unknown);
  }
}

/** The numbers of all points of messages, in order. */
export function numbersOf(firsts: readonly number[], pointsPerMessage: number): readonly number[] {
  return firsts.flatMap((first) => Array.from({ length: pointsPerMessage }, (_, offset) => first + offset));
}
