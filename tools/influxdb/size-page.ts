import { DEFAULT_KPI_SETTINGS } from '../../src/domain/kpis/settings';
import { KPI_ROWS } from '../../src/domain/kpis/kpi-rows';
import { RAW } from '../../src/influx/tiers/plan';
import { bytesAfter, tierSize, tierSizes, type StoredMeter, type TierSize } from '../../src/influx/tiers/size';
import { deltaMetricOf, DERIVED_METRICS, ENERGY_COUNTERS, periodMetricOf } from '../../src/metrics/derived-metrics';
import { PM500 } from '../../src/meters/pm500';
import { workingLayout } from '../../src/domain/codec/built-in-layouts';
import { table } from '../markdown';

/** What is read all the time; the other groups change seldom. */
const GROUPS: readonly string[] = ['realtime', 'energy'];

/**
 * A meter as it is set by default: real-time values and energy counters, their deltas, and the KPIs that are switched on.
 * @param everySeconds how often it is read
 */
export function usualMeter(everySeconds: number): StoredMeter {
  const { kpis, periods, demandMinutes } = DEFAULT_KPI_SETTINGS;
  const blocks = [...workingLayout(PM500).blocks.values()].filter(({ group }) => GROUPS.includes(group));
  const bases = KPI_ROWS.filter(({ key }) => kpis.includes(key)).flatMap(({ metrics }) => metrics);
  const names = new Set<string>([
    ...ENERGY_COUNTERS.filter(({ name }) => name.endsWith('_total')).map(({ name }) => deltaMetricOf(name)),
    ...bases,
    ...bases.flatMap((base) =>
      periods.flatMap((period) => [false, true].map((ended) => periodMetricOf(base, period, ended))),
    ),
  ]);
  return {
    read: blocks.flatMap(({ rows }) => rows.map(({ metric }) => metric)),
    derived: DERIVED_METRICS.filter(({ name }) => names.has(name)),
    everySeconds,
    demandSeconds: 60 * demandMinutes,
  };
}

/**
 * VictoriaMetrics, which gets every value for the alert rules: how long deploy/ lets it keep them, and what one takes of the disk
 * once its files are merged, counted as the tables count values. Measured with the recorded plant
 * (`test/integration/influx-size.test.ts` measures it again).
 */
export const METRICS_DATABASE = { keepDays: 30, bytesPerValue: 2.3 } as const;

const EVERY_SECONDS = [1, 10, 60] as const;
const METERS = [1, 50] as const;
const YEARS = [1, 3, 10] as const;
const YEAR_DAYS = 365;

/** Two digits are as much as such a figure is worth. */
function rounded(value: number): number {
  return Number(value.toPrecision(2));
}

export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const place = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${rounded(bytes / 1000 ** place)} ${units[place] ?? ''}`;
}

const every = (seconds: number): string => (seconds === 60 ? 'minute' : seconds === 1 ? 'second' : `${seconds} s`);

const countText = (count: number): string => (count < 100 ? String(rounded(count)) : Math.round(count).toString());

function rowOf(seconds: number, { tier, pointsPerDay, valuesPerDay, bytesPerDay, keepDays }: TierSize): string[] {
  const isForever = !Number.isFinite(keepDays);
  return [
    every(seconds),
    tier,
    countText(pointsPerDay),
    countText(valuesPerDay),
    bytesText(bytesPerDay),
    isForever ? 'forever' : `${keepDays} days`,
    isForever ? `${bytesText(bytesPerDay * YEAR_DAYS)} a year` : bytesText(bytesPerDay * keepDays),
  ];
}

/** A row of what the database of alerts takes of meters that are read so often. */
function metricsRow(meters: number, seconds: number): string[] {
  const { keepDays, bytesPerValue } = METRICS_DATABASE;
  const values = meters * tierSize(RAW, usualMeter(seconds)).valuesPerDay;
  const bytesPerDay = values * bytesPerValue;
  return [String(meters), every(seconds), countText(values), bytesText(bytesPerDay), bytesText(bytesPerDay * keepDays)];
}

/** The page that says how much disk a database of meters takes. */
export function sizePage(): string {
  const tiers = EVERY_SECONDS.flatMap((seconds) => tierSizes(usualMeter(seconds)).map((size) => rowOf(seconds, size)));
  const totals = METERS.flatMap((meters) =>
    EVERY_SECONDS.map((seconds) => {
      const sizes = tierSizes(usualMeter(seconds));
      const after = YEARS.map((years) => bytesText(meters * bytesAfter(sizes, years * YEAR_DAYS)));
      return [String(meters), every(seconds), ...after];
    }),
  );
  const { read, derived } = usualMeter(1);
  return `# How much disk a database takes

Made from the plan of the tiers and the meter table by \`npx tsx tools/influxdb/main.ts\`; do not edit. The model is
\`src/influx/tiers/size.ts\`; a test writes two days of the recorded plant to an InfluxDB 1.6, lets it make its files as small as
they get, and compares: every tier must be within 15 %.

A meter as it is set by default: ${read.length} values that are read, ${derived.length} that are worked out, every one stored at
every reading, at regular times.

${table(['read every', 'tier', 'points a day', 'values a day', 'disk a day', 'kept', 'disk when full'], tiers)}

All tiers together, after so many years of the settings above:

${table(['meters', 'read every', ...YEARS.map((years) => (years === 1 ? '1 year' : `${years} years`))], totals)}

## The database of alerts

The flow of the stack sends every value to VictoriaMetrics, too, which the alert rules ask. It keeps ${METRICS_DATABASE.keepDays} days: rules look
back three days at most, and years are in the tiers. An estimate: ${METRICS_DATABASE.bytesPerValue} bytes of a value, as measured with two days of the recorded plant in
VictoriaMetrics 1.79; its index and the metrics page of Node-RED, some hundred values every 15 s, are not in it.

${table(
  ['meters', 'read every', 'values a day', 'disk a day', 'disk when full'],
  METERS.flatMap((meters) => EVERY_SECONDS.map((seconds) => metricsRow(meters, seconds))),
)}

It stores less where values are reported by exception. Where disk is scarce, shorten that time in an override of its unit (\`systemctl edit\`) or of the Compose file: a week is enough for the rules.

## All of them

- Report by exception takes less, a deadband of zero with a load that moves takes what is said here.
- Times that are not regular take one or two bytes more for each value.
- Files are largest while the database has not compacted them: leave twice as much free as a day of raw points takes.
- Keep more or less by \`INFLUX_KEEP=raw=60d,1m=180d\`, of each tier that is not kept as the plan says (\`INF\`: for ever). In the
  [stack](stack.md) it stands in \`.env\` or \`site.env\`, and counts with the next bootstrap and what that prints; else give it to \`bootstrap-v1.sh\`
  or \`bootstrap-v2.sh\`. What you change in the database itself they set back. What is older than a new, shorter time is gone within the hour.
`;
}
