import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_KPI_SETTINGS } from '../../src/domain/kpis/settings';
import { Normalizer } from '../../src/domain/normalizer/normalizer';
import { kpiMeasurement, DEFAULT_MEASUREMENT } from '../../src/influx/mapping';
import { LineMapper } from '../../src/influx/line-mapper';
import { DATABASE } from '../../src/influx/tiers/plan';
import { PM500 } from '../../src/meters/pm500';
import { DEPLOY_FOLDER } from '../../tools/influxdb/main';
import { startInfluxDb, type InfluxDb } from '../../testkit/servers/influxdb';
import { waitFor } from '../../testkit/wait';
import { runHere } from '../cli/run-command';
import { PlantMeter } from '../../testkit/meters/plant-meter';

const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;
const HOUR_MS = 60 * MINUTE_MS;
const KPI = kpiMeasurement(DEFAULT_MEASUREMENT);
const DELTA = 'energy_delta_active_import_total';
/** PM500_CONTINUOUS=as-shipped waits for the times of the shipped queries, five minutes and more. */
const AS_SHIPPED = process.env['PM500_CONTINUOUS'] === 'as-shipped';
const PATIENCE = { timeoutMs: AS_SHIPPED ? 500_000 : 100_000, everyMs: 500 };
const MINUTES = 3;

/** The shipped continuous queries, run more often. */
function quickened(): readonly string[] {
  return readFileSync(join(DEPLOY_FOLDER, 'v1.influxql'), 'utf8')
    .split('\n')
    .filter((line) => line.includes('CONTINUOUS QUERY') && !line.includes('@tariff@'))
    .map((line) =>
      line.replace('RESAMPLE EVERY 2m', 'RESAMPLE EVERY 10s').replace('RESAMPLE EVERY 5m', 'RESAMPLE EVERY 15s'),
    );
}

describe('continuous queries of a real InfluxDB 1, while it is written to', function () {
  this.timeout(900_000);
  let database: InfluxDb;
  /** Three whole minutes that have just ended. */
  let [fromMs, toMs] = [0, 0];
  let stopWriting: () => Promise<void>;

  const write = async (lines: readonly string[]): Promise<void> => {
    const body = lines.join('\n');
    const response = await fetch(`${database.url}/write?db=${DATABASE}&precision=ms`, { method: 'POST', body });
    assert.equal(response.status, 204, await response.text());
  };
  /** Everything of a tier in a time, by measurement. */
  const tier = async (name: string, from: number, to: number): Promise<unknown[]> => {
    const where = `WHERE time >= ${from}ms AND time < ${to}ms GROUP BY *`;
    const found = [];
    for (const measurement of [DEFAULT_MEASUREMENT, KPI])
      found.push(await database.query(`SELECT * FROM ${DATABASE}."${name}"."${measurement}" ${where}`, DATABASE));
    return found;
  };
  const sumOf = async (field: string, name: string, from: number, to: number): Promise<number | undefined> => {
    const where = `WHERE time >= ${from}ms AND time < ${to}ms`;
    const [found] = await database.query(
      `SELECT sum("${field}") FROM ${DATABASE}."${name}"."${KPI}" ${where}`,
      DATABASE,
    );
    return found?.values[0]?.[1] as number | undefined;
  };
  /** Waits until a tier has what the raw points of a time add up to. */
  const made = async (name: string, start: number, from: number, to: number): Promise<void> => {
    const raw = await sumOf(DELTA, 'raw', from, to);
    await waitFor(
      `the tier ${name}`,
      async () => ((await sumOf(`${DELTA}_sum`, name, start, to)) ?? -1) >= (raw ?? Infinity),
      PATIENCE,
    );
  };

  before(async () => {
    database = await startInfluxDb();
    const env = { ...process.env, INFLUX_URL: database.url };
    const { status, stderr } = spawnSync('sh', [join(DEPLOY_FOLDER, 'bootstrap-v1.sh')], { env, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    if (!AS_SHIPPED) for (const statement of quickened()) await database.query(statement, DATABASE);
    toMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
    fromMs = toMs - MINUTES * MINUTE_MS;
    const plant = new PlantMeter('live', { startMs: fromMs - HOUR_MS });
    const mapper = new LineMapper();
    const settings = { model: PM500, energyDeltas: true, alarmRules: [], kpis: DEFAULT_KPI_SETTINGS };
    let normalizer: Normalizer | undefined;
    const linesAt = (timestamp: number): readonly string[] => {
      const reading = plant.read(timestamp);
      normalizer ??= new Normalizer(settings, reading.meter);
      const { telemetry } = normalizer.accept(reading, timestamp, timestamp);
      assert.ok(telemetry);
      return mapper.map(telemetry, { influxMeasurement: DEFAULT_MEASUREMENT, timestamp }).lines;
    };
    const lines: string[] = [];
    let next = fromMs;
    for (; next < toMs; next += 1000) lines.push(...linesAt(next));
    await write(lines);
    // It goes on as meters do: every second.
    const over = new AbortController();
    const writing = (async (): Promise<void> => {
      while (!over.signal.aborted) {
        for (; next <= Date.now(); next += 1000) await write(linesAt(next));
        await waitFor('the next second', () => over.signal.aborted || next <= Date.now() || undefined, {
          everyMs: 200,
        });
      }
    })();
    stopWriting = async (): Promise<void> => {
      over.abort();
      await writing;
    };
  });

  after(async () => {
    await stopWriting();
    await database.stop();
  });

  it('make minutes and quarters by themselves that equal raw points, and what a roll-up makes', async () => {
    await made('1m', fromMs, fromMs, toMs);
    const quarter = Math.floor(fromMs / QUARTER_MS) * QUARTER_MS;
    await made('15m', quarter, fromMs, toMs);
    const [raw] = await database.query(
      `SELECT sum(voltage_l1_n) AS s, count(voltage_l1_n) AS c, min(voltage_l1_n) AS a, max(voltage_l1_n) AS b ` +
        `FROM ${DATABASE}.raw.${DEFAULT_MEASUREMENT} WHERE time >= ${fromMs}ms AND time < ${toMs}ms GROUP BY time(1m)`,
      DATABASE,
    );
    const [minutes] = await database.query(
      `SELECT voltage_l1_n_sum AS s, voltage_l1_n_count AS c, voltage_l1_n_min AS a, voltage_l1_n_max AS b ` +
        `FROM ${DATABASE}."1m".${DEFAULT_MEASUREMENT} WHERE time >= ${fromMs}ms AND time < ${toMs}ms`,
      DATABASE,
    );
    assert.equal(minutes?.values.length, MINUTES);
    assert.deepEqual(minutes.values, raw?.values);
    const byThemselves = await tier('1m', fromMs, toMs);
    const { code, stderr } = await runHere('influx', 'rollup', '--url', database.url, '--days', '1', '--tier', '1m');
    assert.equal(code, 0, stderr);
    assert.deepEqual(await tier('1m', fromMs, toMs), byThemselves);
  });

  it('do not see what comes late, which a roll-up gets in', async () => {
    const late = toMs - HOUR_MS;
    await write([`${KPI},meter=late,quality=good ${DELTA}=5 ${late}`]);
    // Another run has passed over it when a minute is there that had not begun.
    const next = Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS;
    await waitFor(
      'a later minute',
      async () => ((await sumOf(`${DELTA}_sum`, '1m', next, next + MINUTE_MS)) ?? 0) > 0,
      PATIENCE,
    );
    const inTier = (): Promise<number | undefined> => sumOf(`${DELTA}_sum`, '1m', late - MINUTE_MS, late + MINUTE_MS);
    assert.equal(await inTier(), undefined);
    const { code, stderr } = await runHere('influx', 'rollup', '--url', database.url, '--days', '1');
    assert.equal(code, 0, stderr);
    assert.equal(await inTier(), 5);
  });

  it('could not make days: by a range that begins where one would on the day of a clock change, an hour stands for a day', async () => {
    const hours = Array.from({ length: 72 }, (_, hour) => Date.parse('2026-03-28T00:00:00+01:00') + hour * HOUR_MS);
    await database.query('CREATE DATABASE clocks');
    const body = hours.map((time) => `m v=1 ${time}`).join('\n');
    await fetch(`${database.url}/write?db=clocks&precision=ms`, { method: 'POST', body });
    const daysSince = async (since: string): Promise<unknown> => {
      const where = `WHERE time >= '${since}' AND time < '2026-03-30T22:00:00Z'`;
      const [found] = await database.query(
        `SELECT sum(v) FROM m ${where} GROUP BY time(1d) tz('Europe/Berlin')`,
        'clocks',
      );
      return found?.values.map(([, sum]) => sum);
    };
    assert.deepEqual(await daysSince('2026-03-27T23:00:00Z'), [24, 23, 24], 'from the beginning of a day');
    // The offset of the afternoon of the 29th, taken from its midnight: 23 h of the day before.
    assert.deepEqual(await daysSince('2026-03-28T22:00:00Z'), [1, 23, 24], 'the 28th is overwritten by its last hour');
  });
});
