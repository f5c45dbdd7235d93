import { mergeOf, tierField, type Aggregate } from '../../src/influx/tiers/aggregates';
import { RAW, type PeriodTier, type Tier, type WindowTier } from '../../src/influx/tiers/plan';
import type { Source } from '../../src/influx/tiers/sources';
import { GENERATED, SERIES_TAGS } from './plan';

/** SQL for InfluxDB 3, to be run by whatever runs queries there on a schedule. */

const EXPRESSIONS: Readonly<Record<Aggregate, (field: string) => string>> = {
  min: (field) => `min(${field})`,
  max: (field) => `max(${field})`,
  sum: (field) => `sum(${field})`,
  count: (field) => `count(${field})`,
  last: (field) => `last_value(${field} ORDER BY time) FILTER (WHERE ${field} IS NOT NULL)`,
};

const tableOf = (influxMeasurement: string, tierName: string): string =>
  tierName === RAW.name ? influxMeasurement : `${influxMeasurement}_${tierName}`;

export const queryFile = (source: Source, tier: Tier): string => `v3/${source.influxMeasurement}-${tier.name}.sql`;

/** Whole windows; days and months by the clocks of the site. */
function windows(tier: WindowTier | PeriodTier): { readonly bin: string; readonly where: string } {
  const interval = `INTERVAL '${tier.interval}'`;
  if ('windowMs' in tier) {
    const again = tier.again.replace('m', ' minutes');
    return {
      bin: `date_bin(${interval}, time)`,
      where: `time >= date_bin(${interval}, now() - INTERVAL '${again}') AND time < date_bin(${interval}, now())`,
    };
  }
  const local = (time: string): string => `date_trunc('${tier.period}', tz(${time}, 'TIME ZONE'))`;
  const back = tier.period === 'day' ? '3 days' : '1 month';
  return { bin: local('time'), where: `time >= ${local(`now() - INTERVAL '${back}'`)} AND time < ${local('now()')}` };
}

export function sqlQuery({ influxMeasurement, fields }: Source, tier: WindowTier | PeriodTier): string {
  const columns = fields.flatMap(({ field, aggregates }) =>
    aggregates.map((aggregate) => {
      const name = tierField(field, aggregate);
      const expression = tier.from === RAW.name ? EXPRESSIONS[aggregate](field) : EXPRESSIONS[mergeOf(aggregate)](name);
      return `  ${expression} AS ${name}`;
    }),
  );
  const tags = SERIES_TAGS.join(', ');
  const { bin, where } = windows(tier);
  const zone =
    'windowMs' in tier
      ? ''
      : `\n-- Put the time zone of the site in the place of TIME ZONE, for instance Europe/Berlin.`;
  return `-- ${GENERATED}
-- Columns and tags that no point has had yet do not exist in InfluxDB 3: leave them out. Write the result to
-- ${tableOf(influxMeasurement, tier.name)}; keep it ${tier.keepDays === 0 ? 'forever' : `${tier.keepDays} days`}.${zone}
SELECT
  ${bin} AS time, ${tags},
${columns.join(',\n')}
FROM ${tableOf(influxMeasurement, tier.from)}
WHERE ${where}
GROUP BY ${bin}, ${tags}
`;
}
