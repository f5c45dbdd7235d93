/** The first batch is no larger than this: nobody knows yet what the way to the other side carries. Bytes. */
const FIRST_BYTES = 64 * 1024;
/** A batch that took a smaller share of the patience than this may be followed by a larger one. */
const QUICK_SHARE = 0.2;
/** One that took a larger share is followed by one that would take about `TARGET_SHARE`. */
const SLOW_SHARE = 0.4;
const TARGET_SHARE = 0.3;
/** Slowness alone makes no batch smaller than this: where the way is long, smaller ones are as slow. Bytes. */
const SLOW_FLOOR_BYTES = 16 * 1024;
/** Batches that must pass before a size is tried again that failed; twice as many each time it fails again. */
const FIRST_TRIAL_AFTER = 8;
const LAST_TRIAL_AFTER = 1024;

/** What was learned about the size of batches, for `restore`. */
export interface LearnedSize {
  readonly bytes: number;
  readonly ceiling: number;
  readonly trialAfter: number;
}

/**
 * How large batches may be. It begins small, doubles while batches pass quickly, settles where a batch takes a fair part
 * of the time it may take, and shrinks when one fails that a probe shows to be at fault. A size that failed is tried
 * again later, more and more rarely: the limit may have been of the moment, or of a proxy that is gone.
 */
export class BatchSize {
  private current: number;
  /** The smallest size that failed, or the configured one. */
  private ceiling: number;
  private passed = 0;
  private trialAfter = FIRST_TRIAL_AFTER;

  /**
   * @param configured bytes of a batch at most
   * @param patienceMs how long one delivery may take
   */
  constructor(
    private readonly configured: number,
    private readonly patienceMs: number,
  ) {
    this.current = Math.min(configured, FIRST_BYTES);
    this.ceiling = configured;
  }

  /** Payload bytes of a batch at most. */
  get bytes(): number {
    return this.current;
  }

  /** A batch of so many bytes has passed in so many milliseconds. */
  noteTaken(bytes: number, elapsedMs: number): void {
    this.passed += 1;
    if (this.ceiling < this.configured && this.passed >= this.trialAfter) {
      this.passed = 0;
      this.ceiling = Math.min(this.ceiling * 2, this.configured);
      this.trialAfter = Math.min(this.trialAfter * 2, LAST_TRIAL_AFTER);
    }
    const share = elapsedMs / this.patienceMs;
    if (share > SLOW_SHARE) {
      const target = Math.max(Math.floor((bytes * TARGET_SHARE) / share), SLOW_FLOOR_BYTES);
      this.current = Math.min(this.current, target);
      return;
    }
    // A small batch that was quick says nothing about large ones.
    if (share < QUICK_SHARE && bytes * 2 >= this.current) this.current = Math.min(this.current * 2, this.ceiling);
  }

  /** A batch of so many bytes has failed where a smaller one passes. */
  noteFailed(bytes: number, elapsedMs: number): void {
    this.passed = 0;
    const isSlow = elapsedMs >= this.patienceMs * SLOW_SHARE;
    this.ceiling = Math.max(Math.floor(bytes / 2), 1);
    this.current = Math.max(Math.floor(Math.min(bytes / (isSlow ? 4 : 2), this.ceiling)), 1);
  }

  get learned(): LearnedSize {
    return { bytes: this.current, ceiling: this.ceiling, trialAfter: this.trialAfter };
  }

  /** Forgets what was learned since: it was about one record and not about a size. */
  restore({ bytes, ceiling, trialAfter }: LearnedSize): void {
    this.current = bytes;
    this.ceiling = ceiling;
    this.trialAfter = trialAfter;
  }
}
