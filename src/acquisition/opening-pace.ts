import type { Clock } from '../support/clock';

/** So many meters begin to be opened in the same moment. */
export const MOST_AT_ONCE = 20;
/** One more every so often, ms: 500 meters that come back together have all been tried within half a second. */
const EVERY_MS = 1;

/**
 * When meters may be opened. Many of them may want it in the same moment: when a message asks a whole list, when a switch
 * comes back, when this process stood still. The network, a name server and the meters that are read already are spared
 * the burst. How long an attempt takes does not matter, so meters that are away hold nobody up.
 */
export class OpeningPace {
  private readonly waiting: (() => void)[] = [];
  /** How many may begin now. */
  private free = MOST_AT_ONCE;
  private countedAt: number;

  constructor(private readonly clock: Clock) {
    this.countedAt = clock.monotonic();
  }

  /** Settles when the next one may be opened, in the order of asking. */
  turn(): Promise<void> {
    this.count();
    if (this.free >= 1 && this.waiting.length === 0) {
      this.free--;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      if (this.waiting.length === 1) this.watch();
    });
  }

  private watch(): void {
    this.clock.after(EVERY_MS, () => {
      this.count();
      for (; this.free >= 1 && this.waiting.length > 0; this.free--) this.waiting.shift()?.();
      if (this.waiting.length > 0) this.watch();
    });
  }

  private count(): void {
    const now = this.clock.monotonic();
    this.free = Math.min(MOST_AT_ONCE, this.free + (now - this.countedAt) / EVERY_MS);
    this.countedAt = now;
  }
}
