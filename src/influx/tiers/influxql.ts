import { mergeOf, tierField, type Aggregate } from './aggregates';
import type { PeriodTier, WindowTier } from './plan';
import type { Source, SourceField } from './sources';

/** InfluxQL of the tiers, for InfluxDB 1. */

/** A name in double quotes, whatever is in it. */
export function identifier(name: string): string {
  return `"${name.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}

/** A text in single quotes, whatever is in it. */
export function literal(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n')}'`;
}

/** A measurement with its database and retention policy. */
export function measurementIn(database: string, policy: string, influxMeasurement: string): string {
  return [database, policy, influxMeasurement].map(identifier).join('.');
}

/** What is selected to make a tier of raw points, or of another tier. */
function selectionOf(fields: readonly SourceField[], from: 'raw' | 'tier'): string {
  return fields
    .flatMap(({ field, aggregates }) =>
      aggregates.map((aggregate) => {
        const name = tierField(field, aggregate);
        const call =
          from === 'raw' ? `${aggregate}(${identifier(field)})` : `${mergeOf(aggregate)}(${identifier(name)})`;
        return `${call} AS ${identifier(name)}`;
      }),
    )
    .join(', ');
}

/** The part of time that a query looks at, epoch milliseconds UTC; the end does not belong to it. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

const within = ({ fromMs, toMs }: TimeRange): string => ` WHERE time >= ${fromMs}ms AND time < ${toMs}ms`;

/** Sums one measurement up over the windows of a tier. @param range absent in a continuous query: the database sets it */
export function windowQuery(
  database: string,
  { influxMeasurement, fields }: Source,
  tier: WindowTier,
  range?: TimeRange,
): string {
  const selection = selectionOf(fields, tier.from === 'raw' ? 'raw' : 'tier');
  const [into, from] = [tier.name, tier.from].map((policy) => measurementIn(database, policy, influxMeasurement));
  return `SELECT ${selection} INTO ${into} FROM ${from}${range === undefined ? '' : within(range)} GROUP BY time(${tier.window}), *`;
}

/** Sums one measurement up over one day or month; the point has the time of its beginning. */
export function periodQuery(
  database: string,
  { influxMeasurement, fields }: Source,
  tier: PeriodTier,
  range: TimeRange,
): string {
  const [into, from] = [tier.name, tier.from].map((policy) => measurementIn(database, policy, influxMeasurement));
  return `SELECT ${selectionOf(fields, 'tier')} INTO ${into} FROM ${from}${within(range)} GROUP BY *`;
}

/** What of a metric a panel or an alert asks for. */
export type Wanted = Aggregate | 'mean';

/**
 * The InfluxQL for a figure of a field, right over any time, also over several windows of a tier: of a mean the sum by
 * the count. Ask only for what the tier keeps of the metric (`aggregatesOf`); a mean needs sum and count.
 * @param field of the raw points
 */
export function figureOf(field: string, wanted: Wanted, tierName: string): string {
  if (tierName === 'raw') return `${wanted}(${identifier(field)})`;
  const merged = (aggregate: Aggregate): string => `${mergeOf(aggregate)}(${identifier(tierField(field, aggregate))})`;
  return wanted === 'mean' ? `${merged('sum')} / ${merged('count')}` : merged(wanted);
}
