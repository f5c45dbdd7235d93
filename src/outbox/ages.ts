import type { Clock } from '../support/clock';

/** The wall clock was set while records waited. */
export interface ClockStep {
  /** Position of the next record when it was noticed: records before it were accepted by the clock before. */
  readonly position: number;
  /** By how much it was set forward, milliseconds. */
  readonly byMs: number;
}

/** A difference below this is the clock being trimmed, not set. */
const LEAST_STEP_MS = 1000;
/**
 * Nothing was accepted before: a stamp below it is of a clock that nobody had set yet, and says only that the record is
 * older than the process which finds it.
 */
const EARLIEST_STAMP_MS = Date.UTC(2020, 0);
/** Steps that are remembered one by one. */
export const MOST_STEPS = 8;

/** What the wall clock is ahead of the monotonic one: another value after it was set. */
export function clockOffset(clock: Clock): number {
  return clock.now() - clock.monotonic();
}

/**
 * How long records have waited. The wall clock, by which they are stamped, may be set at any time; a step of it is no
 * age. Within a process the monotonic clock tells a step, and steps are remembered, so that the next process knows too.
 */
export class Ages {
  private known: ClockStep[];
  private offset: number;
  /** Monotonic ms. */
  private readonly since: number;

  /** @param known steps that an earlier process has seen */
  constructor(
    private readonly clock: Clock,
    known: readonly ClockStep[] = [],
  ) {
    this.known = [...known];
    this.offset = clockOffset(clock);
    this.since = clock.monotonic();
  }

  get steps(): readonly ClockStep[] {
    return this.known;
  }

  /**
   * Looks whether the clock was set since the last time.
   * @param end position of the next record to come
   */
  look(end: number): boolean {
    const offset = clockOffset(this.clock);
    const byMs = offset - this.offset;
    this.offset = offset;
    if (Math.abs(byMs) < LEAST_STEP_MS) return false;
    this.known.push({ position: end, byMs });
    if (this.known.length > MOST_STEPS) this.merge();
    return true;
  }

  /**
   * The stamp that a record which is written only now would have, had the clock been set before it was handed in: records
   * wait for the disk, and a step before which they were accepted is noticed before they have a position.
   * @param offset `clockOffset` when it was handed in
   */
  stampOf(acceptedAt: number, offset: number): number {
    const byMs = this.offset - offset;
    return Math.abs(byMs) < LEAST_STEP_MS ? acceptedAt : acceptedAt + byMs;
  }

  /** Steps before which no record waits any more matter to nobody. */
  forget(position: number): void {
    if ((this.known[0]?.position ?? Infinity) <= position) {
      this.known = this.known.filter((step) => step.position > position);
    }
  }

  /** Records that were to be written came to nothing: what comes now begins at `end`. */
  retreat(end: number): void {
    this.known = this.known.map((step) => ({ ...step, position: Math.min(step.position, end) }));
  }

  /** Milliseconds since a record was accepted, or as many as are certain; never less than 0. */
  ageOf(acceptedAt: number, position: number): number {
    let stamp = acceptedAt;
    for (const step of this.known) if (position < step.position) stamp += step.byMs;
    // Not the wall clock itself: it may have been set since anybody looked.
    const now = this.clock.monotonic() + this.offset;
    const isStamped = stamp >= EARLIEST_STAMP_MS || now < EARLIEST_STAMP_MS;
    return Math.max(0, isStamped ? now - stamp : this.clock.monotonic() - this.since);
  }

  /** The two oldest steps become one; where that is not exact, records count as younger and are kept. */
  private merge(): void {
    const [first, second, ...others] = this.known;
    if (first === undefined || second === undefined) return;
    const byMs = Math.max(first.byMs, 0) + Math.max(second.byMs, 0);
    this.known = [{ position: second.position, byMs }, ...others];
  }
}
