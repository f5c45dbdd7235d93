/** Grid on which a meter looks for maxima between two reads, ms of simulated time. */
const FINEST_STEP_MS = 1_000;
/** So many looks at most, however long nobody has read. */
const MOST_STEPS = 5_000;

/**
 * The largest value of each quantity since the start. It looks at the load on a grid of simulated time when somebody
 * asks, and at every value that is read, so a maximum never falls and never lies below a value that was shown.
 */
export class Maxima {
  private readonly largest: Record<string, number> = {};
  private seenUntilMs: number;

  constructor(
    private readonly measure: (timeMs: number) => Readonly<Record<string, number>>,
    startMs: number,
  ) {
    this.seenUntilMs = startMs;
    this.note(measure(startMs));
  }

  /** Takes in values that were shown. */
  note(values: Readonly<Record<string, number>>): void {
    for (const name in values) {
      const value = values[name] ?? Number.NEGATIVE_INFINITY;
      const largest = this.largest[name];
      if (largest === undefined || value > largest) this.largest[name] = value;
    }
  }

  /** The maxima up to simulated time `timeMs`, by the names of the quantities. */
  at(timeMs: number): Readonly<Record<string, number>> {
    const stepMs = FINEST_STEP_MS * Math.max(1, Math.ceil((timeMs - this.seenUntilMs) / FINEST_STEP_MS / MOST_STEPS));
    while (this.seenUntilMs + stepMs <= timeMs) {
      this.seenUntilMs += stepMs;
      this.note(this.measure(this.seenUntilMs));
    }
    return this.largest;
  }
}
