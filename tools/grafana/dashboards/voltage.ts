import type { Influx } from '../influx';

/** InfluxQL that judges voltages by their 10-minute means, and minutes by their extremes. */

/** A shorter interval is judged as one with a gap. */
const MINUTES = 10;

/** The variables that say what is nominal. */
export const NOMINAL_VOLTAGE = '${nominal_voltage}';
export const NOMINAL_FREQUENCY = '${nominal_frequency}';

/** A band around 1, in shares of nominal. */
export interface Band {
  readonly low: number;
  readonly high: number;
}

/**
 * Mean of each interval of 10 minutes, and how many of its minutes have values; minutes first, as a minute may have good and
 * uncertain values.
 */
function intervals(influx: Influx, name: string, fill: 'none' | '0' = 'none'): string {
  const [sum, count] = [influx.figure(name, 'sum', '1m'), influx.figure(name, 'count', '1m')];
  const minutes = `SELECT ${sum} AS "s", ${count} AS "c" ${influx.from(name, '1m')} GROUP BY time(1m), "meter" fill(none)`;
  return `SELECT sum("s") / sum("c") AS "mean", count("c") AS "minutes" FROM (${minutes}) WHERE $timeFilter GROUP BY time(${MINUTES}m), "meter" fill(${fill})`;
}

/** 1 where a value is in the band, else 0. InfluxQL cannot compare in a selection, so it is worked out. */
function inside(field: string, nominal: string, { low, high }: Band): string {
  const [middle, half] = [(low + high) / 2, (high - low) / 2].map((number) => Number(number.toFixed(6)));
  const beyond = `floor(abs("${field}" / ${nominal} - ${middle}) / ${half})`;
  return `1 - ceil(${beyond} / (${beyond} + 1))`;
}

/** Percent of the whole intervals that are in the band. */
export function shareInside(influx: Influx, name: string, nominal: string, band: Band): string {
  const judged = `SELECT ${inside('mean', nominal, band)} AS "inside" FROM (${intervals(influx, name)}) WHERE "minutes" >= ${MINUTES}`;
  return `SELECT 100 * mean("inside") FROM (${judged}) GROUP BY "meter"`;
}

/** How many intervals are whole, or have at least a minute without a value. */
export function intervalCount(influx: Influx, name: string, which: 'whole' | 'gaps'): string {
  const condition = which === 'whole' ? `>= ${MINUTES}` : `< ${MINUTES}`;
  return `SELECT count("minutes") FROM (${intervals(influx, name, '0')}) WHERE "minutes" ${condition} GROUP BY "meter"`;
}

/** 10-minute means in percent of nominal, those with gaps included. */
export function meansOverTime(influx: Influx, name: string, nominal: string): string {
  return `SELECT "mean" / ${nominal} * 100 FROM (${intervals(influx, name)}) GROUP BY "meter"`;
}

/**
 * Long-duration variations of the RMS voltage by their names in IEEE 1159 (longer than 1 minute), told minute by minute: one
 * counts when every reading in it was beyond the limit.
 */
export const LONG_EVENTS = [
  { code: 1, name: 'Interruption, sustained', condition: `"high" < 0.1 * ${NOMINAL_VOLTAGE}` },
  {
    code: 2,
    name: 'Undervoltage',
    condition: `"high" >= 0.1 * ${NOMINAL_VOLTAGE} AND "high" < 0.9 * ${NOMINAL_VOLTAGE}`,
  },
  { code: 3, name: 'Overvoltage', condition: `"low" > 1.1 * ${NOMINAL_VOLTAGE}` },
] as const;
export type LongEvent = (typeof LONG_EVENTS)[number];

function minutes(influx: Influx, name: string): string {
  const [high, low] = [influx.figure(name, 'max', '1m'), influx.figure(name, 'min', '1m')];
  return `SELECT ${high} AS "high", ${low} AS "low" ${influx.from(name, '1m')} GROUP BY time(1m), "meter" fill(none)`;
}

const MOST_ROWS = 500;

/** A row for each minute of an event at one phase. */
export function eventRows(influx: Influx, name: string, phase: number, { code, condition }: LongEvent): string {
  const percent = (field: string): string => `"${field}" / ${NOMINAL_VOLTAGE} * 100`;
  return `SELECT "high" * 0 + ${code} AS "Event", "high" * 0 + ${phase} AS "Phase", ${percent('low')} AS "Lowest", ${percent('high')} AS "Highest", "meter" FROM (${minutes(influx, name)}) WHERE ${condition} LIMIT ${MOST_ROWS}`;
}

/** How many minutes an event took at one phase. */
export function eventMinutes(influx: Influx, name: string, { condition }: LongEvent): string {
  return `SELECT count("high") FROM (${minutes(influx, name)}) WHERE ${condition} GROUP BY "meter"`;
}
