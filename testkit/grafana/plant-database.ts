import { DEFAULTS } from '../../nodes/shared/forms';
import { parseAlarmRules } from '../../src/domain/alarms/parse-rules';
import { KPI_KEYS } from '../../src/domain/kpis/kpi-rows';
import { DEFAULT_KPI_SETTINGS } from '../../src/domain/kpis/settings';
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
import { plantReading, type PlantCounters } from '../meters/plant-readings';
import type { InfluxDb } from '../servers/influxdb';
import {
  disturbed,
  type Measured,
  MINUTES_SINCE_MS,
  readTimes,
  SITE,
  SOLAR,
  solarTimes,
  YEAR_BEFORE,
  yearBeforeTimes,
  type PlantOfSite,
} from './plant-site';

const SOURCES = sourcesOf(DEFAULTS['influx-out'].influxMeasurement);
const QUARTER_MS = 900_000;
const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;

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

/** One meter over some time. */
interface Story {
  readonly meter: string;
  readonly times: readonly number[];
  readonly powers: Pick<Measured, 'powerAt'>;
  readonly countersAt: (timeMs: number) => PlantCounters;
  /** Everything is read, disturbed at times, and alarms are judged. */
  readonly isWhole?: boolean;
  readonly hasEnergyOnly?: boolean;
}

function storiesOf(plants: PlantOfSite, sinceMs?: number): readonly Story[] {
  const { incomer, yearBefore, solar } = plants;
  const imported = (plant: Measured) => (timeMs: number) => ({
    active: plant.energyAt(timeMs),
    reactive: plant.energyAt(timeMs, 'reactive'),
  });
  const { meter } = SITE;
  return [
    { meter, times: yearBeforeTimes(), powers: yearBefore, countersAt: imported(yearBefore), hasEnergyOnly: true },
    { meter, times: readTimes(sinceMs), powers: incomer, countersAt: imported(incomer), isWhole: true },
    {
      meter: SOLAR.meter,
      times: solarTimes(),
      powers: { powerAt: (timeMs, kind) => (kind === 'reactive' ? 0 : -solar.powerAt(timeMs)) },
      countersAt: (timeMs) => ({ active: 0, reactive: 0, exported: solar.energyAt(timeMs) }),
    },
  ];
}

/** Lines of line protocol as the nodes write them, of telemetry and of alarms. */
function* linesOf({
  meter,
  times,
  powers,
  countersAt,
  isWhole = false,
  hasEnergyOnly = false,
}: Story): Generator<string> {
  const kpis = {
    ...DEFAULT_KPI_SETTINGS,
    kpis: KPI_KEYS,
    timeZone: SITE.zone,
    co2KgPerKwh: SITE.co2KgPerKwh,
    tariff: TARIFF,
  };
  const { rules: alarmRules } = parseAlarmRules(isWhole ? ALARM_RULES : [], METRICS);
  const mapper = new LineMapper();
  const influxMeasurement = SOURCES[0]?.influxMeasurement ?? '';
  let normalizer: Normalizer | undefined;
  for (const timeMs of times) {
    const full = plantReading(powers, timeMs, countersAt(timeMs), meter, isWhole && timeMs >= MINUTES_SINCE_MS);
    const read = { ...full, blocks: hasEnergyOnly ? full.blocks.slice(-1) : full.blocks };
    const reading = isWhole ? disturbed(read, timeMs) : read;
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
 * Minutes and quarters, by the queries of the tiers, a day at once, or a week where there are no minutes. A roll-up asks for an hour at once, to spare a server that
 * has other work. Where there are no minutes, quarters are made of the raw points, which gives the same.
 */
async function sumUp(database: InfluxDb, { fromMs, toMs }: { fromMs: number; toMs: number }): Promise<void> {
  const server = connectInfluxQl({
    url: database.url,
    user: '',
    password: '',
    database: DATABASE,
    clock: systemClock,
    env: {},
  });
  for (let at = Math.floor(fromMs / QUARTER_MS) * QUARTER_MS, endMs = at; at <= toMs; at = endMs) {
    const hasMinutes = at + WEEK_MS > MINUTES_SINCE_MS;
    endMs = at + (hasMinutes ? DAY_MS : WEEK_MS);
    const tiers = hasMinutes ? WINDOW_TIERS : WINDOW_TIERS.slice(-1).map((tier) => ({ ...tier, from: RAW.name }));
    for (const tier of tiers) {
      for (const source of SOURCES) {
        const stored = await storedSource(server, DATABASE, source, tier.from);
        const query = windowQuery(DATABASE, stored, tier, { fromMs: at, toMs: endMs });
        if (stored.fields.length > 0) await database.query(query);
      }
    }
  }
}

/**
 * Fills a database through the pipeline and sums it up, days and months as `pm500 influx rollup` does.
 * @param sinceMs from when on, where months before those of the site are wanted
 */
export async function fillWithPlant(database: InfluxDb, plants: PlantOfSite, sinceMs?: number): Promise<void> {
  await database.query(`CREATE DATABASE ${DATABASE}`);
  for (const { name } of TIERS) {
    const policy = `RETENTION POLICY "${name}" ON ${DATABASE} DURATION INF REPLICATION 1 SHARD DURATION 364d`;
    await database.query(`CREATE ${policy}${name === RAW.name ? ' DEFAULT' : ''}`);
  }
  for (const story of storiesOf(plants, sinceMs)) await write(database.url, linesOf(story));
  const server = connectInfluxQl({
    url: database.url,
    user: '',
    password: '',
    database: DATABASE,
    clock: systemClock,
    env: {},
  });
  const tiers = SUMMARY_TIERS.slice(WINDOW_TIERS.length);
  const common = { database: DATABASE, sources: SOURCES, tiers, zone: new Zone(SITE.zone) };
  for (const range of [YEAR_BEFORE, { fromMs: readTimes(sinceMs)[0] ?? 0, toMs: SITE.nowMs }]) {
    await sumUp(database, range);
    const made = rollUp(server, { ...common, fromMs: range.fromMs, toMs: range.toMs, nowMs: range.toMs });
    for (let part = await made.next(); part.done !== true;) part = await made.next();
  }
}
