import type { Clock } from '../support/clock';

/** What whoever asks the meter tells of its request. */
export interface RequestProgress {
  /** It leaves now: connecting, and the requests before it, took time of their own, and the limit counts from here. */
  sent(): void;
  /** It has its outcome. Called before the promise settles. */
  ended(): void;
}

/** One for each block as long as the meter is read, so that the requests of many meters leave little garbage behind. */
class Slot<Answer> implements RequestProgress {
  /** Monotonic time at which the newest request was sent, or is meant to be. */
  startedAt = Number.NEGATIVE_INFINITY;
  answer: Promise<Answer> | undefined;
  hasEnded = true;

  constructor(private readonly clock: Clock) {}

  sent(): void {
    this.startedAt = this.clock.monotonic();
  }

  ended(): void {
    this.hasEnded = true;
  }
}

/** A request that is early by less than this waits for its slot instead of sharing the previous answer. */
const EARLY_TOLERANCE_MS = 25;

/**
 * Lets everybody who wants a block share its reads: a read that is under way is joined, one that is younger than the
 * limit is given again, so the meter never sees more.
 */
export class ReadSlots<Answer> {
  private readonly slots = new Map<number, Slot<Answer>>();

  constructor(
    private readonly intervalMs: number,
    private readonly clock: Clock,
    private readonly onShare: () => void,
  ) {}

  /**
   * @param key the same for blocks of equal content
   * @param ask asks the meter after `waitMs`
   */
  read(key: number, ask: (waitMs: number, progress: RequestProgress) => Promise<Answer>): Promise<Answer> {
    let slot = this.slots.get(key);
    if (slot === undefined) {
      slot = new Slot(this.clock);
      this.slots.set(key, slot);
    }
    const now = this.clock.monotonic();
    const earlyMs = slot.startedAt + this.intervalMs - now;
    if (slot.answer !== undefined && (!slot.hasEnded || earlyMs > EARLY_TOLERANCE_MS)) {
      this.onShare();
      return slot.answer;
    }
    const waitMs = Math.max(0, earlyMs);
    slot.startedAt = now + waitMs;
    slot.hasEnded = false;
    slot.answer = ask(waitMs, slot);
    return slot.answer;
  }
}
