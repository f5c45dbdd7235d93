/** Messages that may leave at once after a pause; the rest follows evenly. */
const BURST = 10;

/** When the next message may leave, so that in no second more than `perSecond` and a small burst do. Milliseconds. */
export class PublishPace {
  private readonly intervalMs: number;
  private dueMs = -Infinity;

  /** @param perSecond without limit where absent */
  constructor(perSecond = Infinity) {
    this.intervalMs = 1000 / perSecond;
  }

  /** How long to wait for the next message; 0: it may leave. */
  waitMs(nowMs: number): number {
    return Math.max(this.dueMs - BURST * this.intervalMs - nowMs, 0);
  }

  /** A message leaves. */
  take(nowMs: number): void {
    this.dueMs = Math.max(this.dueMs, nowMs) + this.intervalMs;
  }
}
