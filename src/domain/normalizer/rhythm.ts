/** A schedule is silent when its reading has not come for so many of its cycles. */
const SILENT_CYCLES = 3;
/** And at least so long, ms: what is late for seconds needs nobody. */
const LEAST_SILENCE_MS = 10_000;
/** So many times between two readings are remembered. */
const GAPS = 4;

interface Heard {
  at: number;
  readonly gaps: number[];
}

/**
 * The cycle of a schedule as its readings come: the second longest of the last times between them. One outage does not
 * count, a slower cycle counts from its second time, and two nodes that read the same are no shorter cycle.
 */
function cycleOf({ gaps }: Heard): number | undefined {
  return [...gaps].sort((left, right) => right - left)[1];
}

function isSilent(heard: Heard, atMs: number): boolean {
  const cycleMs = cycleOf(heard);
  return cycleMs !== undefined && atMs - heard.at > Math.max(LEAST_SILENCE_MS, SILENT_CYCLES * cycleMs);
}

/** Which of the schedules of a meter still give readings. Times are of a clock that nobody sets, ms. */
export class Rhythm {
  private readonly schedules = new Map<number, Heard>();

  /** @param most schedules; beyond it something else is sending, and memory stays flat */
  constructor(private readonly most: number) {}

  /** @param schedule a number for what its readings are made of */
  hear(schedule: number, atMs: number): void {
    const known = this.schedules.get(schedule);
    if (known === undefined) {
      if (this.schedules.size >= this.most) this.schedules.clear();
      this.schedules.set(schedule, { at: atMs, gaps: [] });
      return;
    }
    known.gaps.push(Math.max(0, atMs - known.at));
    if (known.gaps.length > GAPS) known.gaps.shift();
    known.at = atMs;
  }

  /** Read by hand, or seldom so far, is never silent. */
  silence(atMs: number): 'none' | 'part' | 'all' {
    let silent = 0;
    for (const heard of this.schedules.values()) if (isSilent(heard, atMs)) silent++;
    if (silent === 0) return 'none';
    return silent < this.schedules.size ? 'part' : 'all';
  }
}
