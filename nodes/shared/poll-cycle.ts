import type { MeterSession } from '../../src/acquisition/meter-session';
import type { LinkState } from '../../src/acquisition/meter-link';
import type { Reading } from '../../src/domain/reading';
import { hasCode, Pm500Error, type ErrorCode } from '../../src/support/errors';
import type { StatusLine } from './status';

/** What one cycle brought. */
export interface CycleOutcome {
  readonly reading: Reading;
  /** Present when no assembly could be read. */
  readonly failure?: Pm500Error;
  /** True when the cycle before ended the other way. */
  readonly changed: boolean;
}

/** Catalog keys of the statuses that say why nothing could be read; others say that the read failed. */
const FAILURE_KEYS: Readonly<Partial<Record<ErrorCode, string>>> = {
  ENIP_REPLY_TIMEOUT: 'noAnswer',
  ENIP_CONNECT_TIMEOUT: 'noAnswer',
  ENIP_CONNECT_FAILED: 'unreachable',
  ENIP_CONNECTION_LOST: 'connectionLost',
  METER_SIZE_MISMATCH: 'wrongSize',
};

/** Reads the chosen groups of a meter once at a time and shows in the status what came of it. */
export class PollCycle {
  private readonly assemblies: readonly number[];
  private readonly stopListening: () => void;
  private failing = false;

  /**
   * @param signal ends a cycle that is under way, between two assemblies
   * @throws Pm500Error CONFIG_INVALID when the meter's layout has nothing in these groups
   */
  constructor(
    private readonly session: MeterSession,
    private readonly groups: readonly string[],
    private readonly status: StatusLine,
    private readonly signal: AbortSignal,
  ) {
    const { layout, name } = session.settings;
    this.assemblies = [...layout.blocks.values()]
      .filter(({ group }) => groups.includes(group))
      .map(({ instance }) => instance);
    if (this.assemblies.length === 0) {
      throw new Pm500Error(
        'CONFIG_INVALID',
        `The layout "${layout.name}" of meter "${name}" has no assembly in ${groups.join(', ')}; choose other groups.`,
      );
    }
    status.show('idle', 'idle');
    this.stopListening = session.onState((state) => {
      this.showState(state);
    });
  }

  /** One cycle; undefined when the node is being closed. */
  async run(): Promise<CycleOutcome | undefined> {
    let reading: Reading;
    try {
      reading = await this.session.read(this.assemblies, this.signal);
    } catch (thrown) {
      if (hasCode(thrown, 'ABORTED')) return undefined;
      throw thrown;
    }
    if (this.signal.aborted) return undefined;
    const errors = reading.blocks.flatMap(({ error }) => error ?? []);
    const [first] = errors;
    const failed = first !== undefined && errors.length === reading.blocks.length;
    const changed = failed !== this.failing;
    this.failing = failed;
    if (!failed) {
      this.showReading(reading, errors.length);
      return { reading, changed };
    }
    const cause = this.session.state.error;
    this.status.show('failed', FAILURE_KEYS[cause?.code ?? first.code] ?? 'failed');
    return { reading, changed, failure: new Pm500Error(first.code, first.message, { cause, retryable: true }) };
  }

  /** Stops following the connection. */
  close(): void {
    this.stopListening();
  }

  private showReading(reading: Reading, failed: number): void {
    const { blocks } = reading;
    if (failed > 0) {
      this.status.show('partial', 'part', { read: blocks.length - failed, count: blocks.length });
      return;
    }
    const milliseconds = Math.ceil(Math.max(...blocks.map(({ latencyMs }) => latencyMs)));
    const [group] = this.groups;
    if (this.groups.length === 1 && group !== undefined) this.status.show('ok', 'group', { group, milliseconds });
    else this.status.show('ok', 'groups', { count: this.groups.length, milliseconds });
  }

  /** Only what a cycle does not tell sooner: a first connection, and the way back from a failure. */
  private showState(state: LinkState): void {
    if (state.kind === 'connecting' && !this.failing) this.status.show('busy', 'connecting');
  }
}
