import {
  addTotals,
  isRunning,
  LOAD_INTERVAL_MS,
  meanApparentPower,
  NO_ENERGY,
  type LoadEnergy,
  type LoadProfile,
  type LoadTotals,
} from './load-profile';

export interface RepeatingLoad {
  readonly description: string;
  /** Energy of consecutive intervals; after the last the first follows again. At least one. */
  readonly intervals: readonly LoadEnergy[];
  /** Simulated time at which the first of `intervals` begins; it is moved down to the interval grid. */
  readonly firstStartMs: number;
  readonly startMs: number;
  readonly variation: number;
}

/** A profile that repeats a list of intervals forever, backward and forward in time. */
export function repeatingProfile(load: RepeatingLoad): LoadProfile {
  const { intervals, description, startMs, variation } = load;
  const count = intervals.length;
  const firstIndex = Math.floor(load.firstStartMs / LOAD_INTERVAL_MS);
  const before: LoadTotals[] = [];
  let period = NO_ENERGY;
  let peakVa = 0;
  for (const energy of intervals) {
    before.push(period);
    period = addTotals(period, { ...energy, runningMs: isRunning(energy) ? LOAD_INTERVAL_MS : 0 });
    peakVa = Math.max(peakVa, meanApparentPower(energy));
  }
  const place = (index: number): { round: number; row: number } => {
    const offset = index - firstIndex;
    const round = Math.floor(offset / count);
    return { round, row: offset - round * count };
  };
  return {
    description,
    startMs,
    variation,
    peakVa,
    energyOf: (index) => intervals[place(index).row] ?? NO_ENERGY,
    totalBefore: (index) => {
      const { round, row } = place(index);
      return addTotals(before[row] ?? NO_ENERGY, period, round);
    },
  };
}
