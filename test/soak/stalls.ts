import { systemClock, type Clock } from '../../src/support/clock';

/** Wall clock of the whole soak: one that is never set, so that times of both sides can be compared to the millisecond. */
export const steadyClock: Clock = {
  ...systemClock,
  now: () => Math.floor(performance.timeOrigin + performance.now()),
};

const EVERY_MS = 5;
/** A timer that is late by less is no stall. */
const TOLERANCE_MS = 5;
/** Older ones excuse nothing. */
const KEPT_MS = 60_000;

/** When this process did nothing, because the machine was busy elsewhere or it collected garbage: epoch milliseconds. */
export class Stalls {
  private readonly stalls: { readonly from: number; readonly to: number }[] = [];
  private last: number;
  private readonly timer = setInterval(() => {
    this.look();
  }, EVERY_MS).unref();
  longestMs = 0;

  /** @param clock the wall clock of the moments that are asked about */
  constructor(private readonly clock: Pick<Clock, 'now'> = steadyClock) {
    this.last = clock.now();
  }

  /** Milliseconds between two moments in which nothing could happen. */
  between(from: number, to: number): number {
    this.look();
    return this.stalls.reduce(
      (sum, stall) => sum + Math.max(0, Math.min(stall.to, to) - Math.max(stall.from, from)),
      0,
    );
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    const now = this.clock.now();
    if (now - this.last > EVERY_MS + TOLERANCE_MS) {
      this.stalls.push({ from: this.last, to: now });
      this.longestMs = Math.max(this.longestMs, now - this.last);
    }
    this.last = now;
    while ((this.stalls[0]?.to ?? now) < now - KEPT_MS) this.stalls.shift();
  }
}
