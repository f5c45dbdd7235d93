/** How many times larger the large input of a comparison is. */
export const FACTOR = 8;
/** Below this much work, growth is noise, ms. */
const NOTICEABLE_MS = 8;
/**
 * `FACTOR` for linear work, its square for quadratic one. In between is what memory costs: large inputs are collected as
 * garbage more often than small ones, the more so the more the process holds.
 */
const MOST_GROWTH = 4 * FACTOR;
/** What looks excessive is measured again so often: what else the process does comes and goes. */
const MOST_LOOKS = 3;

/** Computing time of the shortest of some tries, milliseconds: what else the machine does only adds. */
function measure(work: () => void, tries: number): number {
  let shortest = Infinity;
  for (let count = 0; count < tries; count += 1) {
    const start = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(start);
    shortest = Math.min(shortest, (user + system) / 1000);
  }
  return shortest;
}

/**
 * How many times the work grows when its input grows `FACTOR` times; undefined while that is in proportion. The speed of
 * the computer does not count.
 */
export function excessiveGrowth(onSmall: () => void, onLarge: () => void): number | undefined {
  if (measure(onLarge, 1) < NOTICEABLE_MS) return undefined;
  let growth = Infinity;
  for (let look = 0; look < MOST_LOOKS && growth > MOST_GROWTH; look += 1)
    growth = Math.min(growth, measure(onLarge, 3) / Math.max(measure(onSmall, 5), 0.01));
  return growth > MOST_GROWTH ? growth : undefined;
}
