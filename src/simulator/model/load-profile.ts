/**
 * Length of the intervals that loads are given in: metering practice, and that of the recorded plant year.
 * Interval `n` begins at `n * LOAD_INTERVAL_MS` of simulated time.
 */
export const LOAD_INTERVAL_MS = 900_000;
/** Hours in one interval: energy of an interval divided by this is its mean power. */
export const LOAD_INTERVAL_HOURS = LOAD_INTERVAL_MS / 3_600_000;

/** What flowed through the meter, each direction on its own, in Wh and varh; none is negative. */
export interface LoadEnergy {
  readonly activeImportWh: number;
  readonly activeExportWh: number;
  /** Lagging: the load is inductive. */
  readonly reactiveImportVarh: number;
  /** Leading: the load is capacitive. */
  readonly reactiveExportVarh: number;
}

/** Energy since some fixed moment, and for how long current has flowed since then. */
export interface LoadTotals extends LoadEnergy {
  readonly runningMs: number;
}

/**
 * A load as a function of simulated time (epoch milliseconds, taken as the plant's own time): the energy of every
 * interval, and the running total up to each, so that a meter's state at any moment needs no memory of the one before.
 */
export interface LoadProfile {
  /** For people: what the meter carries. */
  readonly description: string;
  /** Simulated time at which a run begins unless it is told otherwise, epoch milliseconds. */
  readonly startMs: number;
  /** How far power swings around its mean inside an interval, as a share of the mean; 0 to 0.5. */
  readonly variation: number;
  /** Largest apparent power of any interval, VA: what the transformer in front of the load was chosen for. */
  readonly peakVa: number;
  /** Energy of interval `index`, which may be any whole number. */
  energyOf(index: number): LoadEnergy;
  /** Total from a fixed moment of the profile's choice up to the beginning of interval `index`. */
  totalBefore(index: number): LoadTotals;
}

export const NO_ENERGY: LoadTotals = {
  activeImportWh: 0,
  activeExportWh: 0,
  reactiveImportVarh: 0,
  reactiveExportVarh: 0,
  runningMs: 0,
};

/** Mean apparent power of an interval in VA: the vector sum of its net active and reactive power. */
export function meanApparentPower(energy: LoadEnergy): number {
  const activeWh = energy.activeImportWh - energy.activeExportWh;
  const reactiveVarh = energy.reactiveImportVarh - energy.reactiveExportVarh;
  return Math.hypot(activeWh, reactiveVarh) / LOAD_INTERVAL_HOURS;
}

/** True when current flows in an interval of this energy. */
export function isRunning(energy: LoadEnergy): boolean {
  return (
    energy.activeImportWh > 0 ||
    energy.activeExportWh > 0 ||
    energy.reactiveImportVarh > 0 ||
    energy.reactiveExportVarh > 0
  );
}

/** `left + factor * right`, member by member. */
export function addTotals(left: LoadTotals, right: LoadTotals, factor = 1): LoadTotals {
  return {
    activeImportWh: left.activeImportWh + factor * right.activeImportWh,
    activeExportWh: left.activeExportWh + factor * right.activeExportWh,
    reactiveImportVarh: left.reactiveImportVarh + factor * right.reactiveImportVarh,
    reactiveExportVarh: left.reactiveExportVarh + factor * right.reactiveExportVarh,
    runningMs: left.runningMs + factor * right.runningMs,
  };
}
