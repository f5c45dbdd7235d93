import { DEFAULTS } from '../../nodes/shared/forms';
import { kpiMeasurement, METER_TAG } from '../../src/influx/mapping';
import { ALL_METRICS, DERIVED_METRICS, PERIODS, tariffEnergyBase } from '../../src/metrics/derived-metrics';

/** First line of every file. */
export const GENERATED =
  'Generated from the meter table by tools/telegraf; do not edit: npx tsx tools/telegraf/main.ts';

const { influxMeasurement } = DEFAULTS['influx-out'];

/** The measurement of metrics that are read, and of those that are worked out from them. */
export const MEASUREMENTS = { read: influxMeasurement, derived: kpiMeasurement(influxMeasurement) } as const;

/** What a file begins with. */
export function heading(...lines: readonly string[]): string {
  return [`# ${GENERATED}`, ...lines.map((line) => `# ${line}`), ''].join('\n');
}

export interface AgentOptions {
  /** How often polled inputs are read, as Telegraf writes a duration. */
  readonly interval?: string;
  /** Metrics that may wait in memory for the output. */
  readonly bufferLimit: number;
}

/** Points in one write: what an influx-target writes too. */
const BATCH = DEFAULTS['influx-target'].batchLines;

export function agent({ interval, bufferLimit }: AgentOptions): string {
  return `
[agent]
${interval === undefined ? '' : `  interval = "${interval}"\n`}  flush_interval = "1s"
  # Times have milliseconds, as those of influx-out.
  precision = "1ms"
  # The tag host would begin other series than those of influx-out.
  omit_hostname = true
  metric_batch_size = ${BATCH}
  # What is beyond is lost, the oldest first.
  metric_buffer_limit = ${bufferLimit}
`;
}

/** The database. The part for InfluxDB 1 is for whoever takes the number signs away, and this output out. */
export const OUTPUT = `
[[outputs.influxdb_v2]]
  urls = ["\${INFLUX_URL:-http://127.0.0.1:8086}"]
  token = "\${INFLUX_TOKEN:-}"
  organization = "\${INFLUX_ORG:-}"
  bucket = "\${INFLUX_BUCKET:?name the bucket, for instance energy_raw}"

# InfluxDB 1 instead:
#[[outputs.influxdb]]
#  urls = ["\${INFLUX_URL:-http://127.0.0.1:8086}"]
#  database = "\${INFLUX_DATABASE:-energy}"
#  username = "\${INFLUX_USER:-}"
#  password = "\${INFLUX_PASSWORD:-}"
#  skip_database_creation = true
`;

/** Tags that a meter has in the settings of pm500-meter; an empty one is not written. */
export function meterTags(table: string): string {
  return `
  [${table}.tags]
    ${METER_TAG} = "\${PM500_METER:?name the meter, as in the settings of pm500-meter}"
    site = "\${PM500_SITE:-}"
    area = "\${PM500_AREA:-}"
    line = "\${PM500_LINE:-}"
    asset = "\${PM500_ASSET:-}"
`;
}

const ENDINGS = PERIODS.map((period) => `_${period}`);
const TARIFF = tariffEnergyBase('');

/** Names of derived metrics without one of the endings. */
function namedOneByOne(): readonly string[] {
  const belongs = (name: string): boolean => ENDINGS.some((ending) => name.endsWith(ending)) || name.startsWith(TARIFF);
  const derived = new Set(DERIVED_METRICS.map(({ name }) => name));
  const strays = ALL_METRICS.filter(({ name }) => belongs(name) && !derived.has(name));
  if (strays.length > 0)
    throw new Error(`Read, and named as if it were derived: ${strays.map(({ name }) => name).join()}`);
  return DERIVED_METRICS.map(({ name }) => name).filter((name) => !belongs(name));
}

/** An XPath condition: the metric whose name an expression gives is one that is worked out. */
export function isDerived(name: string): string {
  const endings = ENDINGS.map((ending) => `contains(concat(${name}, ' '), '${ending} ')`);
  const names = `contains(' ${namedOneByOne().join(' ')} ', concat(' ', ${name}, ' '))`;
  return `(${[names, ...endings, `starts-with(${name}, '${TARIFF}')`].join(' or ')})`;
}

/** Both kinds of metrics: where they go, and the condition that an expression for the name meets. */
export function kindsOf(name: string): readonly { readonly measurement: string; readonly condition: string }[] {
  return [
    { measurement: MEASUREMENTS.read, condition: `not${isDerived(name)}` },
    { measurement: MEASUREMENTS.derived, condition: isDerived(name) },
  ];
}
