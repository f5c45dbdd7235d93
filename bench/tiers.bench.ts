import { DEFAULT_KPI_SETTINGS } from '../src/domain/kpis/settings';
import { Normalizer } from '../src/domain/normalizer/normalizer';
import { Zone } from '../src/domain/tariff/zone';
import { LineMapper } from '../src/influx/line-mapper';
import { DEFAULT_MEASUREMENT } from '../src/influx/mapping';
import { connectInfluxQl } from '../src/influx/tiers/influxql-server';
import { windowQuery } from '../src/influx/tiers/influxql';
import { DATABASE, RAW, TIERS, WINDOW_TIERS, type WindowTier } from '../src/influx/tiers/plan';
import { rollUp } from '../src/influx/tiers/rollup';
import { sourcesOf } from '../src/influx/tiers/sources';
import { PM500 } from '../src/meters/pm500';
import { systemClock } from '../src/support/clock';
import { PlantMeter } from '../testkit/meters/plant-meter';
import { startInfluxDb, type InfluxDb } from '../testkit/servers/influxdb';
import { cpuMicroseconds } from './process-cpu';
import type { BenchLine } from './report';
import { pause } from './within';

const METERS = 50;
const MINUTE_MS = 60_000;
/** As far back as the quarters look. */
const HISTORY_MS = 30 * MINUTE_MS;
const BATCH_SECONDS = 10;
/** A night's roll-up makes yesterday and the first minutes of today. */
const NIGHT_MS = (24 * 60 + 20) * MINUTE_MS;
const DAY_SECONDS = 86_400;
/** So many times the database works on its own accord. */
const RUNS = 4;
/** The goal: all of it together. */
const MOST_CORES = 0.1;
/** It has ended what it does behind a write when it takes less of a processor than this. */
const QUIET_SHARE = 0.02;
const LOOK_MS = 1000;
const MOST_LOOKS = 60;

const SOURCES = sourcesOf(DEFAULT_MEASUREMENT);
const [MINUTES, QUARTERS] = WINDOW_TIERS as readonly [WindowTier, WindowTier];

/** What one meter gives every second, as line protocol of all meters; each has the same values. */
function* batchesOf(fromMs: number, toMs: number): Generator<string> {
  const plant = new PlantMeter('m0', { startMs: fromMs });
  const mapper = new LineMapper();
  const settings = { model: PM500, energyDeltas: true, alarmRules: [], kpis: DEFAULT_KPI_SETTINGS };
  let normalizer: Normalizer | undefined;
  let lines: string[] = [];
  for (let timestamp = fromMs; timestamp < toMs; timestamp += 1000) {
    const reading = plant.read(timestamp);
    normalizer ??= new Normalizer(settings, reading.meter);
    const { telemetry } = normalizer.accept(reading, timestamp, timestamp);
    if (telemetry === undefined) throw new Error('The normalizer gave no telemetry.');
    const written = mapper.map(telemetry, { influxMeasurement: DEFAULT_MEASUREMENT, timestamp }).lines;
    for (let meter = 0; meter < METERS; meter += 1)
      lines.push(...written.map((line) => line.replace(',meter=m0,', `,meter=m${meter},`)));
    if ((timestamp - fromMs) % (1000 * BATCH_SECONDS) === 0) {
      yield lines.join('\n');
      lines = [];
    }
  }
  yield lines.join('\n');
}

async function fill(database: InfluxDb, fromMs: number, toMs: number): Promise<void> {
  await database.query(`CREATE DATABASE ${DATABASE}`);
  for (const { name } of TIERS) {
    const policy = `RETENTION POLICY "${name}" ON ${DATABASE} DURATION INF REPLICATION 1`;
    await database.query(`CREATE ${policy}${name === RAW.name ? ' DEFAULT' : ''}`);
  }
  for (const body of batchesOf(fromMs, toMs)) {
    const response = await fetch(`${database.url}/write?db=${DATABASE}&precision=ms`, { method: 'POST', body });
    if (response.status !== 204) throw new Error(`InfluxDB answers ${response.status}: ${await response.text()}`);
  }
}

/** Waits until the database has nothing to do any more. */
async function quiet({ process }: InfluxDb): Promise<void> {
  for (let look = 0; look < MOST_LOOKS; look += 1) {
    const before = cpuMicroseconds(process.pid);
    await pause(LOOK_MS);
    if (cpuMicroseconds(process.pid) - before < QUIET_SHARE * LOOK_MS * 1000) return;
  }
  throw new Error('InfluxDB did not come to rest.');
}

/** Seconds of processor time that the database takes for something, and for what it does behind it. */
async function cost(database: InfluxDb, work: () => Promise<void>): Promise<number> {
  await quiet(database);
  const before = cpuMicroseconds(database.process.pid);
  await work();
  await quiet(database);
  return (cpuMicroseconds(database.process.pid) - before) / 1e6;
}

const minutesOf = (duration: string): number => parseInt(duration);
const cores = (value: number): string => `${value.toFixed(4)} cores`;

/**
 * Processor time of InfluxDB 1 for its continuous queries and the roll-up of a night, with 50 meters that are read every
 * second. Half an hour is written at once, and the statements are run as the database would run them, one after the other:
 * their time by the time between two runs is what they cost of a core.
 */
export async function benchTiers(): Promise<BenchLine[]> {
  const database = await startInfluxDb();
  try {
    const nowMs = Math.floor(Date.now() / HISTORY_MS) * HISTORY_MS;
    const fromMs = nowMs - HISTORY_MS;
    await fill(database, fromMs, nowMs);
    const runOf = async (tier: WindowTier): Promise<void> => {
      const range = { fromMs: nowMs - minutesOf(tier.again) * MINUTE_MS, toMs: nowMs };
      for (const source of SOURCES) await database.query(windowQuery(DATABASE, source, tier, range), DATABASE);
    };
    const coresOf = async (tier: WindowTier): Promise<number> => {
      const everyMs = minutesOf(tier.every) * MINUTE_MS;
      const seconds = await cost(database, async () => {
        for (let run = 0; run < RUNS; run += 1) await runOf(tier);
      });
      return (1000 * seconds) / (RUNS * everyMs);
    };
    const access = { url: database.url, user: '', password: '', database: DATABASE, clock: systemClock, env: {} };
    const zone = new Zone('UTC');
    const request = { database: DATABASE, sources: SOURCES, tiers: WINDOW_TIERS, zone, fromMs, toMs: nowMs, nowMs };
    let windows = 0;
    const nightSeconds = await cost(database, async () => {
      for await (const { written } of rollUp(connectInfluxQl(access), request)) windows += written;
    });
    const expected = METERS * 2 * (HISTORY_MS / MINUTES.windowMs + HISTORY_MS / QUARTERS.windowMs);
    if (windows < expected) throw new Error(`The roll-up wrote ${windows} points, not ${expected}.`);
    const night = (nightSeconds * (NIGHT_MS / HISTORY_MS)) / DAY_SECONDS;
    const minutes = await coresOf(MINUTES);
    const quarters = await coresOf(QUARTERS);
    const fromRaw = await coresOf({ ...QUARTERS, from: RAW.name });
    const together = minutes + quarters + night;
    return [
      { what: `InfluxDB 1, ${METERS} meters at 1/s: minutes`, value: cores(minutes), note: `every ${MINUTES.every}` },
      {
        what: '  quarters of an hour out of minutes',
        value: cores(quarters),
        ratio: quarters / fromRaw,
        peer: 'out of raw points',
        note: `every ${QUARTERS.every}; ${cores(fromRaw)}`,
      },
      { what: '  roll-up of a night, over the day', value: cores(night), note: 'from that of half an hour' },
      {
        what: '  all of it',
        value: cores(together),
        ratio: together / MOST_CORES,
        peer: 'a tenth of a core',
        note: 'days and months not counted: a point a day',
      },
    ];
  } finally {
    await database.stop();
  }
}
