import type { StoredQuarter } from './load-profile';

/** Energy that deltas have and the counter of active import does not. */
export interface CountedTwice {
  /** The first and the last quarter of an hour of it, epoch milliseconds UTC. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** kWh, at least. */
  readonly importKwh: number;
}

const WH_PER_KWH = 1000;
/** A counter that is stored by exception stands behind its deltas for a while, and comes up to them: less than an hour's energy says nothing. */
const LEAST_QUARTERS = 4;
const LEAST_SHARE = 0.1;

/**
 * Two programs that read one meter into one database, as both sides of a failover that are alive, write each energy twice. The counter
 * that they read is the same, so deltas run away from it.
 * @param quarters of the period, in the order of time
 */
export function countedTwice(quarters: readonly StoredQuarter[]): CountedTwice | undefined {
  let counterWh: number | undefined;
  let [sinceWh, aheadWh, totalWh, firstMs] = [0, 0, 0, 0];
  let most: CountedTwice | undefined;
  for (const quarter of quarters) {
    const { startMs, good, uncertain, isCounterLost } = quarter;
    const deltaWh = (good?.activeImport ?? 0) + (uncertain?.activeImport ?? 0);
    totalWh += deltaWh;
    sinceWh += deltaWh;
    if (quarter.counterWh === undefined) continue;
    const gainWh = counterWh === undefined || isCounterLost ? undefined : quarter.counterWh - counterWh;
    // Of one that went back nobody knows here what it counted.
    if (gainWh !== undefined && gainWh >= 0) {
      const before = aheadWh;
      aheadWh = Math.max(0, aheadWh + sinceWh - gainWh);
      if (before === 0) firstMs = startMs;
      // What a counter rounds is no sign of another program.
      const lastMs = sinceWh - gainWh > LEAST_SHARE * sinceWh ? startMs : (most?.lastMs ?? startMs);
      if (aheadWh > WH_PER_KWH * (most?.importKwh ?? 0)) most = { firstMs, lastMs, importKwh: aheadWh / WH_PER_KWH };
    }
    counterWh = quarter.counterWh;
    sinceWh = 0;
  }
  const leastWh = (LEAST_QUARTERS * totalWh) / Math.max(1, quarters.length);
  return most === undefined || most.importKwh * WH_PER_KWH <= leastWh ? undefined : most;
}
