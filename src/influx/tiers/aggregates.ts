import type { Metric } from '../../metrics/measurement';

/**
 * What a tier keeps of the values of one window; also the end of the name of the field. Only what can be made of itself
 * again: the sum of sums, the least of the least. A mean is not among them, because a mean of means is wrong wherever
 * windows hold different numbers of values; it is the sum by the count, right over any time.
 */
export type Aggregate = 'min' | 'max' | 'last' | 'sum' | 'count';
export const AGGREGATES: readonly Aggregate[] = ['min', 'max', 'last', 'sum', 'count'];

/** The function that makes a tier of the tier before it: counts are added up, the others stay what they are. */
export function mergeOf(aggregate: Aggregate): Exclude<Aggregate, 'count'> {
  return aggregate === 'count' ? 'sum' : aggregate;
}

/** What a field of a tier is called; `field` is that of the raw points. */
export function tierField(field: string, aggregate: Aggregate): string {
  return `${field}_${aggregate}`;
}

/** The aggregate that the name of a field of a tier ends in; undefined for a name that no tier of today has. */
export function aggregateIn(name: string): Aggregate | undefined {
  return AGGREGATES.find((aggregate) => name.endsWith(`_${aggregate}`));
}

/** Whether the sum of values says something when it is divided by their count. */
function hasMean({ quantity, statistic }: Metric): boolean {
  // A power factor has the sign of the direction of energy or of the kind of load: of -0.9 and 0.9 the mean would be 0.
  // That of a window follows from its powers or energies. A code and a time of day have no mean at all.
  return statistic === 'instant' && !['power_factor', 'phase_sequence', 'time'].includes(quantity);
}

/**
 * What tiers keep of a metric:
 *
 * - energy since the last reading: its sum, which no reset and no gap between windows can falsify
 * - gauges: sum and count (for the mean), least, greatest
 * - power factors and codes: least, greatest, last
 * - counters, demands and maxima: last and greatest (they differ where one was reset)
 * - states: least and greatest say whether it was off and on at some time, last how it ended
 * - figures of a calendar period, times and texts: the last
 */
export function aggregatesOf(metric: Metric): readonly Aggregate[] {
  const { kind, quantity, statistic, influxType } = metric;
  if (influxType === 'string' || statistic === 'period' || quantity === 'time') return ['last'];
  if (influxType === 'boolean') return ['min', 'max', 'last'];
  if (statistic === 'delta') return ['sum'];
  if (hasMean(metric)) return ['min', 'max', 'sum', 'count'];
  if (quantity === 'power_factor' || quantity === 'phase_sequence') return ['min', 'max', 'last'];
  return kind === 'counter' || statistic === 'maximum' || statistic === 'demand' ? ['max', 'last'] : ['last'];
}
