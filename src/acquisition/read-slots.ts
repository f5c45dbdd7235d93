import type { Clock } from '../support/clock';

/** One for each block as long as the meter is read: the requests of many meters leave little garbage behind. */
interface Slot<Answer> {
  /** Monotonic time at which the newest request was sent, or is meant to be. */
  startedAt: number;
  answer: Promise<Answer> | undefined;
  isSettled: boolean;
  readonly onSend: () => void;
  readonly onSettled: () => void;
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
    const slot = this.slots.get(key) ?? this.createSlot(key);
    const now = this.clock.monotonic();
    const earlyMs = slot.startedAt + this.intervalMs - now;
    if (slot.answer !== undefined && (!slot.isSettled || earlyMs > EARLY_TOLERANCE_MS)) {
      this.onShare();
      return slot.answer;
    }
    const waitMs = Math.max(0, earlyMs);
    slot.startedAt = now + waitMs;
    slot.isSettled = false;
    slot.answer = ask(waitMs, slot.onSend);
    slot.answer.then(slot.onSettled, slot.onSettled);
    return slot.answer;
  }

  private createSlot(key: string): Slot<Answer> {
    const slot: Slot<Answer> = {
      startedAt: Number.NEGATIVE_INFINITY,
      answer: undefined,
      isSettled: true,
      onSend: () => {
        slot.startedAt = this.clock.monotonic();
      },
      onSettled: () => {
        slot.isSettled = true;
      },
    };
    this.slots.set(key, slot);
    return slot;
  }
}
