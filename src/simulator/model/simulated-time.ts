import type { Clock } from '../../support/clock';
import { Pm500Error } from '../../support/errors';

/** A year passes in a bit more than five minutes; faster than this the demand intervals would pass unseen. */
export const SPEED_RANGE = { min: 0.001, max: 100_000 } as const;

/** The display of a real meter is refreshed every 100 ms (1420-UM001D p.66 Table 38): its values change no faster. */
const REFRESH_MS = 100;

/** The time of the simulated plant: it begins at a given moment and runs at a multiple of real time. */
export class SimulatedTime {
  private readonly beganAt: number;

  /**
   * @param startMs simulated time now, epoch milliseconds
   * @param speed simulated seconds per real second
   * @param refreshMs how often values change, real milliseconds
   * @throws Pm500Error CONFIG_INVALID
   */
  constructor(
    private readonly clock: Clock,
    private startMs: number,
    private readonly speed: number,
    private readonly refreshMs: number = REFRESH_MS,
  ) {
    if (!(speed >= SPEED_RANGE.min && speed <= SPEED_RANGE.max)) {
      throw new Pm500Error(
        'CONFIG_INVALID',
        `Speed is ${speed}; give a number from ${SPEED_RANGE.min} to ${SPEED_RANGE.max} times real time.`,
      );
    }
    this.beganAt = clock.monotonic();
  }

  /** Sets simulated time forward, or back. */
  jump(byMs: number): void {
    this.startMs += byMs;
  }

  /** Simulated time of the last refresh, epoch milliseconds; it stands still between two. */
  now(): number {
    const refreshes = Math.floor((this.clock.monotonic() - this.beganAt) / this.refreshMs);
    return this.startMs + refreshes * this.refreshMs * this.speed;
  }
}
