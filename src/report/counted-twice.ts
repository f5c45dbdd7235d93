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
 * that they read is the same, so deltas run away from it. Where it gains first and deltas come later (they waited for an answer, or
 * have the times of a clock that was ahead), they only make up for what they lacked.
 * @param quarters of the period, in the order of time
 */
export function countedTwice(quarters: readonly StoredQuarter[]): CountedTwice | undefined {
  let counterWh: number | undefined;
  let isLost = false;
  let [sinceWh, aheadWh, netWh, totalWh, firstMs, lastMs] = [0, 0, 0, 0, 0, 0];
  let most: { readonly firstMs: number; readonly lastMs: number; readonly wh: number } | undefined;
  for (const quarter of quarters) {
    const { startMs, good, uncertain } = quarter;
    const deltaWh = (good?.activeImport ?? 0) + (uncertain?.activeImport ?? 0);
    totalWh += deltaWh;
    sinceWh += deltaWh;
    isLost ||= quarter.isCounterLost;
    if (quarter.counterWh === undefined) continue;
    const gainWh = counterWh === undefined || isLost ? undefined : quarter.counterWh - counterWh;
    // Of one that went back nobody knows here what it counted.
    if (gainWh !== undefined && gainWh >= 0) {
      const [before, surplusWh, leastWh] = [aheadWh, sinceWh - gainWh, LEAST_SHARE * sinceWh];
      netWh += surplusWh;
      aheadWh = Math.max(0, aheadWh + surplusWh);
      // What a counter rounds is no sign of another program: with it nothing begins and nothing goes on.
      const isSurplus = surplusWh > leastWh;
      if (before === 0 || (isSurplus && before < leastWh)) firstMs = startMs;
      if (before === 0 || isSurplus) lastMs = startMs;
      if (aheadWh > (most?.wh ?? 0)) most = { firstMs, lastMs, wh: aheadWh };
    }
    counterWh = quarter.counterWh;
    isLost = false;
    sinceWh = 0;
  }
  const twiceWh = Math.min(netWh, most?.wh ?? 0);
  if (most === undefined || twiceWh <= (LEAST_QUARTERS * totalWh) / quarters.length) return undefined;
  return { firstMs: most.firstMs, lastMs: most.lastMs, importKwh: twiceWh / WH_PER_KWH };
}
