import { aggregatesOf, GENERATED, SERIES_TAGS, type Aggregate, type Source, type Tier } from './plan';

/** SQL for InfluxDB 3, to be run by whatever runs queries there on a schedule. */

const EXPRESSIONS: Readonly<Record<Aggregate, (field: string) => string>> = {
  mean: (field) => `avg(${field})`,
  min: (field) => `min(${field})`,
  max: (field) => `max(${field})`,
  sum: (field) => `sum(${field})`,
  spread: (field) => `max(${field}) - min(${field})`,
  last: (field) => `last_value(${field} ORDER BY time) FILTER (WHERE ${field} IS NOT NULL)`,
};

export const queryFile = (source: Source, tier: Tier): string => `v3/${source.influxMeasurement}-${tier.name}.sql`;

export function sqlQuery(source: Source, tier: Required<Tier>): string {
  const columns = source.metrics.flatMap((metric) =>
    aggregatesOf(metric).map((aggregate) => `  ${EXPRESSIONS[aggregate](metric.name)} AS ${metric.name}_${aggregate}`),
  );
  const tags = SERIES_TAGS.join(', ');
  const bin = `date_bin(INTERVAL '${tier.interval}', time)`;
  return `-- ${GENERATED}
-- Columns that no point has had yet do not exist in InfluxDB 3: leave them out. Write the result to
-- ${source.influxMeasurement}_${tier.name}, every ${tier.interval}; keep it ${tier.keepDays === 0 ? 'forever' : `${tier.keepDays} days`}.
SELECT
  ${bin} AS time, ${tags},
${columns.join(',\n')}
FROM ${source.influxMeasurement}
WHERE time >= ${bin.replace(', time)', `, now() - INTERVAL '${tier.again.replace('h', ' hours').replace('d', ' days')}')`)} AND time < ${bin.replace(', time)', ', now())')}
GROUP BY ${bin}, ${tags}
`;
}
