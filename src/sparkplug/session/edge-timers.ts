import type { Clock } from '../../support/clock';
import type { EdgeEffect, EdgeEvent } from '../edge/edge-events';
import type { EdgeSessionSettings } from './session-settings';
import type { TimerSet } from '../../support/timer-set';

const DEFAULT_SETTLE_MS = 1000;
const DEFAULT_QUIET_MS = 1000;
const DEFAULT_HOST_WAIT_MS = 30_000;
const DEFAULT_HEALTH_MS = 60_000;
/** How often a DBIRTH that was too large is made again, to see whether it fits now. */
const SIZE_MS = 600_000;

type Wait = Extract<EdgeEffect, { kind: 'settle' | 'quiet' | 'health' | 'oversized' }>;
type WaitSettings = Pick<EdgeSessionSettings, 'settleMs' | 'quietMs' | 'hostWaitMs' | 'healthMs'>;

/** Keeps the time for the state machine: tells it when what it waits for has passed. */
export class EdgeTimers {
  /** @param maximumBytes of a message, as the broker takes it now */
  constructor(
    private readonly settings: WaitSettings,
    private readonly timers: TimerSet,
    private readonly clock: Clock,
    private readonly maximumBytes: () => number,
    private readonly tell: (event: EdgeEvent) => void,
  ) {}

  /** Begins the wait that an effect asks for; one that runs already begins anew. */
  begin(effect: Wait): void {
    const { settleMs = DEFAULT_SETTLE_MS, quietMs = DEFAULT_QUIET_MS, healthMs = DEFAULT_HEALTH_MS } = this.settings;
    switch (effect.kind) {
      case 'settle': {
        const { deviceId } = effect;
        this.timers.set(`settle ${deviceId}`, settleMs, () => {
          this.tell({ kind: 'settled', deviceId, at: this.clock.now() });
        });
        break;
      }
      case 'quiet':
        this.timers.set('quiet', quietMs, () => {
          this.tell({ kind: 'quietOver', at: this.clock.now() });
        });
        break;
      case 'health':
        this.timers.set('health', healthMs, () => {
          this.tell({ kind: 'healthDue', at: this.clock.now() });
        });
        break;
      case 'oversized':
        this.timers.set('size', SIZE_MS, () => {
          this.tell({ kind: 'sizeDue', maximumBytes: this.maximumBytes(), at: this.clock.now() });
        });
        break;
    }
  }

  /** The primary host is not online on this server. */
  waitForHost(): void {
    this.timers.set('host', this.settings.hostWaitMs ?? DEFAULT_HOST_WAIT_MS, () => {
      this.tell({ kind: 'hostMissing', at: this.clock.now() });
    });
  }

  /** The device has gone. */
  forget(deviceId: string): void {
    this.timers.cancel(`settle ${deviceId}`);
  }

  /** Ends the waits that belong to a session; devices settle without one. */
  endSession(): void {
    for (const name of ['quiet', 'host', 'health', 'size']) this.timers.cancel(name);
  }
}
