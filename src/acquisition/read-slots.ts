import type { Clock } from '../support/clock';

interface Slot<Answer> {
  /** Monotonic time at which the request was sent, or is meant to be. */
  startedAt: number;
  readonly answer: Promise<Answer>;
  settled: boolean;
}

/** A request that is early by less than this waits for its slot instead of sharing the previous answer. */
const EARLY_TOLERANCE_MS = 25;

/**
 * Lets everybody who wants a block share its reads: a read that is under way is joined, one that is younger than the
 * limit is given again, so the meter never sees more.
 */
export class ReadSlots<Answer> {
  private readonly slots = new Map<string, Slot<Answer>>();

  constructor(
    private readonly intervalMs: number,
    private readonly clock: Clock,
    private readonly onShare: () => void,
  ) {}

  /**
   * @param key the same for blocks of equal content
   * @param ask asks the meter after `waitMs`, and calls `onSend` when the request leaves: connecting, and the requests
   * before this one, take time of their own, and the limit counts from the request
   */
  read(key: string, ask: (waitMs: number, onSend: () => void) => Promise<Answer>): Promise<Answer> {
    const slot = this.slots.get(key);
    const earlyMs = slot === undefined ? 0 : slot.startedAt + this.intervalMs - this.clock.monotonic();
    if (slot !== undefined && (!slot.settled || earlyMs > EARLY_TOLERANCE_MS)) {
      this.onShare();
      return slot.answer;
    }
    const waitMs = Math.max(0, earlyMs);
    const next: Slot<Answer> = {
      startedAt: this.clock.monotonic() + waitMs,
      answer: ask(waitMs, () => {
        next.startedAt = this.clock.monotonic();
      }),
      settled: false,
    };
    const settle = (): void => {
      next.settled = true;
    };
    next.answer.then(settle, settle);
    this.slots.set(key, next);
    return next.answer;
  }
}
