import { DEFAULTS } from '../../nodes/shared/forms';
import { parseAlarmRules } from '../../src/domain/alarms/parse-rules';
import { KPI_KEYS } from '../../src/domain/kpis/kpi-rows';
import { DEFAULT_KPI_SETTINGS } from '../../src/domain/kpis/settings';
import type { Reading } from '../../src/domain/messages/reading';
import { Normalizer } from '../../src/domain/normalizer/normalizer';
import { parseTariff } from '../../src/domain/tariff/parse-tariff';
import { Zone } from '../../src/domain/tariff/zone';
import { LineMapper } from '../../src/influx/line-mapper';
import { connectInfluxQl } from '../../src/influx/tiers/influxql-server';
import { windowQuery } from '../../src/influx/tiers/influxql';
import { DATABASE, RAW, SUMMARY_TIERS, TIERS, WINDOW_TIERS } from '../../src/influx/tiers/plan';
import { rollUp } from '../../src/influx/tiers/rollup';
import { sourcesOf } from '../../src/influx/tiers/sources';
import { storedSource } from '../../src/influx/tiers/stored-fields';
import { systemClock } from '../../src/support/clock';
import { ALL_METRICS } from '../../src/metrics/derived-metrics';
import { PM500 } from '../../src/meters/pm500';
import { failedReading } from '../meters/normalize-bench';
import { plantReading, type RecordedPlant } from '../meters/plant-readings';
import type { InfluxDb } from '../servers/influxdb';

const SOURCES = sourcesOf(DEFAULTS['influx-out'].influxMeasurement);
const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** The site of the recorded plant: a month that has ended and days of the next one, seen at noon. */
export const SITE = {
  zone: 'Europe/Berlin',
  nowMs: Date.parse('2026-03-10T12:00:00+01:00'),
  month: { fromMs: Date.parse('2026-02-01T00:00:00+01:00'), toMs: Date.parse('2026-03-01T00:00:00+01:00') },
  /** When the recorded year begins. */
  plantMs: Date.parse('2026-01-01T00:00:00+01:00'),
  volts: 277,
  hertz: 60,
  co2KgPerKwh: 0.4,
  powerFactorLimit: 0.9,
  meter: 'main-incomer',
} as const;

/** How often the meter is read: every minute in the last day, so that every minute has a value. */
export const READ_EVERY_MS = 3 * MINUTE_MS;
/**
 * Minutes, and everything but energies, power and one voltage, are there for the last days alone: no panel looks further back
 * at them, and they take the database longest.
 */
const MINUTES_SINCE_MS = SITE.nowMs - 8 * DAY_MS;
const LAST_DAY_MS = SITE.nowMs - 26 * HOUR_MS;

/** The same plant a year before, of which little is there. */
const YEAR_BEFORE = {
  fromMs: Date.parse('2025-02-24T00:00:00+01:00'),
  toMs: Date.parse('2025-03-12T00:00:00+01:00'),
  everyMs: HOUR_MS,
} as const;

/** What befalls the voltages, in minutes before now. */
export const EVENTS = [
  { metric: 'voltage_l1_n', share: 0.83, fromMinute: 300, minutes: 4 },
  { metric: 'voltage_l2_n', share: 1.12, fromMinute: 240, minutes: 3 },
  { metric: 'voltage_l3_n', share: 0.04, fromMinute: 180, minutes: 5 },
] as const;
/** The meter does not answer, minutes before now. */
export const FAILED = { fromMinute: 120, minutes: 5 } as const;
/** Nobody has confirmed the layout yet, minutes before now. */
const UNCONFIRMED = { fromMinute: 480, minutes: 60 } as const;

const isIn = (timeMs: number, { fromMinute, minutes }: { fromMinute: number; minutes: number }): boolean => {
  const since = timeMs - (SITE.nowMs - fromMinute * MINUTE_MS);
  return since >= 0 && since < minutes * MINUTE_MS;
};

const TARIFF = parseTariff({
  timeZone: SITE.zone,
  currency: 'EUR',
  periods: [
    { name: 'peak', pricePerKwh: 0.3 },
    { name: 'off_peak', pricePerKwh: 0.2 },
  ],
  otherwise: 'off_peak',
  rules: [{ period: 'peak', from: '08:00', to: '20:00' }],
});

const METRICS = new Map(ALL_METRICS.map((metric) => [metric.name, metric]));
const ALARM_RULES = [
  { id: 'running', metric: 'active_power_total', condition: 'above', limit: 0, message: 'The plant runs.' },
  { id: 'phase_low', metric: 'voltage_l1_n', condition: 'below', limit: 0.9 * SITE.volts, message: 'L1 is low.' },
];

function disturbed(reading: Reading, timeMs: number): Reading {
  if (isIn(timeMs, FAILED)) return failedReading(reading);
  const events = EVENTS.filter((event) => isIn(timeMs, event));
  const blocks = reading.blocks.map((block) => {
    const changed = events.filter(({ metric }) => metric in block.values);
    const values = Object.fromEntries(changed.map(({ metric, share }) => [metric, share * SITE.volts]));
    return { ...block, values: { ...block.values, ...values } };
  });
  const layout = isIn(timeMs, UNCONFIRMED) ? { ...reading.layout, confirmed: false } : reading.layout;
  return { ...reading, blocks, layout };
}

/** The times at which the meter is read, from the last quarter of an hour before the month to now. */
export function readTimes(): readonly number[] {
  const times: number[] = [];
  for (
    let at = SITE.month.fromMs - 15 * MINUTE_MS;
    at <= SITE.nowMs;
    at += at < LAST_DAY_MS ? READ_EVERY_MS : MINUTE_MS
  )
    times.push(at);
  return times;
}

/** Lines of line protocol as the nodes write them, of telemetry and of alarms. */
function* linesOf(plant: RecordedPlant, times: readonly number[], hasEnergyOnly: boolean): Generator<string> {
  const kpis = {
    ...DEFAULT_KPI_SETTINGS,
    kpis: KPI_KEYS,
    timeZone: SITE.zone,
    co2KgPerKwh: SITE.co2KgPerKwh,
    tariff: TARIFF,
  };
  const { rules: alarmRules } = parseAlarmRules(hasEnergyOnly ? [] : ALARM_RULES, METRICS);
  const mapper = new LineMapper();
  const influxMeasurement = SOURCES[0]?.influxMeasurement ?? '';
  let normalizer: Normalizer | undefined;
  for (const timeMs of times) {
    const counters = { active: plant.energyAt(timeMs), reactive: plant.energyAt(timeMs, 'reactive') };
    const whole = plantReading(plant, timeMs, counters, SITE.meter, timeMs >= MINUTES_SINCE_MS);
    const blocks = hasEnergyOnly ? whole.blocks.slice(-1) : whole.blocks;
    const reading = disturbed({ ...whole, blocks }, timeMs);
    normalizer ??= new Normalizer({ model: PM500, energyDeltas: true, alarmRules, kpis }, reading.meter);
    const { telemetry, alarms } = normalizer.accept(reading, timeMs, timeMs);
    for (const payload of [telemetry, ...alarms]) {
      if (payload !== undefined) yield* mapper.map(payload, { influxMeasurement, timestamp: timeMs }).lines;
    }
  }
}

async function write(url: string, lines: Iterable<string>): Promise<void> {
  let batch: string[] = [];
  const send = async (): Promise<void> => {
    if (batch.length === 0) return;
    const response = await fetch(`${url}/write?db=${DATABASE}&precision=ms`, {
      method: 'POST',
      body: batch.join('\n'),
    });
    if (response.status !== 204) throw new Error(`InfluxDB answers ${response.status}: ${await response.text()}`);
    batch = [];
  };
  for (const line of lines) if (batch.push(line) >= 2000) await send();
  await send();
}

/**
 * Minutes and quarters, by the queries of the tiers, a day at once. A roll-up asks for an hour at once, to spare a server that
 * has other work. Where there are no minutes, quarters are made of the raw points, which gives the same.
 */
async function sumUp(database: InfluxDb, { fromMs, toMs }: { fromMs: number; toMs: number }): Promise<void> {
  const server = connectInfluxQl({ url: database.url, user: '', password: '', clock: systemClock, env: {} });
  for (let at = Math.floor(fromMs / QUARTER_MS) * QUARTER_MS; at <= toMs; at += DAY_MS) {
    const hasMinutes = at + DAY_MS > MINUTES_SINCE_MS;
    const tiers = hasMinutes ? WINDOW_TIERS : WINDOW_TIERS.slice(-1).map((tier) => ({ ...tier, from: RAW.name }));
    for (const tier of tiers) {
      for (const source of SOURCES) {
        const stored = await storedSource(server, DATABASE, source, tier.from);
        const query = windowQuery(DATABASE, stored, tier, { fromMs: at, toMs: at + DAY_MS });
        if (stored.fields.length > 0) await database.query(query);
      }
    }
  }
}

/** Fills a database through the pipeline and sums it up, days and months as `pm500 influx rollup` does. */
export async function fillWithPlant(
  database: InfluxDb,
  plant: RecordedPlant,
  yearBefore: RecordedPlant,
): Promise<void> {
  await database.query(`CREATE DATABASE ${DATABASE}`);
  for (const { name } of TIERS) {
    const policy = `RETENTION POLICY "${name}" ON ${DATABASE} DURATION INF REPLICATION 1 SHARD DURATION 364d`;
    await database.query(`CREATE ${policy}${name === RAW.name ? ' DEFAULT' : ''}`);
  }
  const { fromMs, toMs, everyMs } = YEAR_BEFORE;
  const early = Array.from({ length: (toMs - fromMs) / everyMs }, (_, place) => fromMs + place * everyMs);
  await write(database.url, linesOf(yearBefore, early, true));
  const times = readTimes();
  await write(database.url, linesOf(plant, times, false));
  const server = connectInfluxQl({ url: database.url, user: '', password: '', clock: systemClock, env: {} });
  const tiers = SUMMARY_TIERS.slice(WINDOW_TIERS.length);
  const common = { database: DATABASE, sources: SOURCES, tiers, zone: new Zone(SITE.zone) };
  for (const range of [YEAR_BEFORE, { fromMs: times[0] ?? 0, toMs: SITE.nowMs }]) {
    await sumUp(database, range);
    const made = rollUp(server, { ...common, fromMs: range.fromMs, toMs: range.toMs, nowMs: range.toMs });
    for (let part = await made.next(); part.done !== true;) part = await made.next();
  }
}
