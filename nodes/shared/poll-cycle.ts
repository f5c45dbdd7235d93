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
  ENIP_FRAME_INVALID: 'notMeter',
  METER_SIZE_MISMATCH: 'wrongSize',
  ENIP_NO_OWNER: 'noOwner',
  ENIP_OWNERSHIP_CONFLICT: 'conflict',
  ENIP_CONNECTION_LIMIT: 'noConnection',
  ENIP_PORT_IN_USE: 'portInUse',
};

function failureKeyOf(code: ErrorCode | undefined): string {
  return (code === undefined ? undefined : FAILURE_KEYS[code]) ?? 'failed';
}

/** Reads the chosen groups of a meter once at a time and shows in the status what came of it. */
export class PollCycle {
  private readonly stopListening: () => void;
  private failing = false;
  /** True from a connection that failed until there is one again. */
  private down = false;
  /** Shows what the last cycle that succeeded has shown. */
  private showLast: () => void;

  /**
   * @param signal ends a cycle that is under way, between two blocks
   * @throws Pm500Error CONFIG_INVALID when the meter has nothing in these groups
   */
  constructor(
    private readonly session: MeterSession,
    private readonly groups: readonly string[],
    private readonly status: StatusLine,
    private readonly signal: AbortSignal,
  ) {
    session.checkGroups(groups);
    this.showLast = () => {
      status.show('idle', 'idle');
    };
    this.showLast();
    this.stopListening = session.onState((state) => {
      this.showState(state);
    });
  }

  /** One cycle; undefined when the node is being closed. */
  async run(): Promise<CycleOutcome | undefined> {
    let reading: Reading;
    try {
      reading = await this.session.readGroups(this.groups, this.signal);
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
      this.showLast = () => {
        this.showReading(reading.blocks, errors.length);
      };
      this.showLast();
      return { reading, changed };
    }
    const cause = this.session.state.error;
    this.status.show('failed', failureKeyOf(cause?.code ?? first.code));
    return { reading, changed, failure: new Pm500Error(first.code, first.message, { cause, retryable: true }) };
  }

  /** Stops following the connection. */
  close(): void {
    this.stopListening();
  }

  private showReading(blocks: Reading['blocks'], failed: number): void {
    if (failed > 0) {
      this.status.show('partial', 'part', { read: blocks.length - failed, count: blocks.length });
      return;
    }
    const milliseconds = Math.ceil(Math.max(...blocks.map(({ latencyMs }) => latencyMs)));
    const [group] = this.groups;
    if (this.groups.length === 1 && group !== undefined) this.status.show('ok', 'group', { group, milliseconds });
    else this.status.show('ok', 'groups', { count: this.groups.length, milliseconds });
  }

  /**
   * What happens to the connection between cycles. After a failed cycle the next one tells the news; else a connection
   * that is lost is shown at once, and no attempt to come back hides that it has not come back yet.
   */
  private showState({ kind, error }: LinkState): void {
    const { down } = this;
    if (kind === 'waiting') this.down = true;
    else if (kind === 'connected') this.down = false;
    if (this.failing) return;
    if (kind === 'waiting') this.status.show('failed', failureKeyOf(error?.code));
    else if (kind === 'connected') this.showLast();
    else if (kind === 'connecting' && !down) this.status.show('busy', 'connecting');
  }
}
