import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { DEFAULT_KPI_SETTINGS } from '../../src/domain/kpis/settings';
import { Normalizer } from '../../src/domain/normalizer/normalizer';
import { parseTariff } from '../../src/domain/tariff/parse-tariff';
import { LineMapper } from '../../src/influx/line-mapper';
import { DATABASE, TIERS } from '../../src/influx/tiers/plan';
import { PM500 } from '../../src/meters/pm500';
import { DEPLOY_FOLDER } from '../../tools/influxdb/main';
import { failedReading } from '../../testkit/meters/normalize-bench';
import { plantReading, RecordedPlant } from '../../testkit/meters/plant-readings';
import { startInfluxDb, type InfluxDb } from '../../testkit/servers/influxdb';
import { runHere } from '../cli/run-command';

const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;
const HOUR_MS = 60 * MINUTE_MS;
const ZONE = 'Europe/Berlin';
/** The month in which clocks go ahead: March 2026 in Berlin has 743 hours, its 29th day 23. */
const FROM = Date.parse('2026-03-01T00:00:00+01:00');
const TO = Date.parse('2026-04-01T00:00:00+02:00');
const DAYS = Array.from({ length: 32 }, (_, day) =>
  day < 29 ? FROM + day * 24 * HOUR_MS : FROM + day * 24 * HOUR_MS - HOUR_MS,
);
/** Read in the middle of windows and days, so that every energy of an edge belongs to both. */
const READ_EVERY_MS = 3 * MINUTE_MS;
const FIRST_READ_MS = FROM - 25.5 * MINUTE_MS;
/** Of the pair of REALs, at both ends. */
const METER_STEP_WH = 63;
/** Right after a reading the counters of the meter are set to zero. */
const RESET_MS = Date.parse('2026-03-15T10:07:30+01:00');
/** Nothing is read for five hours. */
const GAP = { fromMs: Date.parse('2026-03-20T01:00:00+01:00'), toMs: Date.parse('2026-03-20T06:00:00+01:00') };
/** The meter does not answer. */
const FAILED = { fromMs: Date.parse('2026-03-10T12:00:00+01:00'), toMs: Date.parse('2026-03-10T12:15:00+01:00') };
/** What comes when the tiers were made already. */
const LATE = { fromMs: Date.parse('2026-03-12T14:00:00+01:00'), toMs: Date.parse('2026-03-12T19:00:00+01:00') };

const isIn = (timeMs: number, { fromMs, toMs }: typeof GAP): boolean => timeMs >= fromMs && timeMs < toMs;

interface Recorded {
  readonly timeMs: number;
  readonly lines: readonly string[];
}

/** The month as the pipeline writes it, and what the KPIs said of its days and of the month. */
function recordMonth(plant: RecordedPlant): { recorded: Recorded[]; lastDays: Map<number, number>; lastMonth: number } {
  const tariff = parseTariff({
    timeZone: ZONE,
    currency: 'EUR',
    periods: [
      { name: 'peak', pricePerKwh: 0.3 },
      { name: 'off_peak', pricePerKwh: 0.2 },
    ],
    otherwise: 'off_peak',
    rules: [{ period: 'peak', from: '08:00', to: '20:00' }],
  });
  const kpis = { ...DEFAULT_KPI_SETTINGS, kpis: ['energy', 'tariff_energy'] as const, timeZone: ZONE, tariff };
  const settings = { model: PM500, energyDeltas: true, alarmRules: [], kpis };
  const mapper = new LineMapper();
  const recorded: Recorded[] = [];
  const lastDays = new Map<number, number>();
  let [normalizer, lastMonth, base] = [undefined as Normalizer | undefined, Number.NaN, 0];
  for (let timeMs = FIRST_READ_MS; timeMs < TO + HOUR_MS; timeMs += READ_EVERY_MS) {
    if (isIn(timeMs, GAP)) continue;
    const counters = { active: 4e9 - base + plant.energyAt(timeMs), reactive: plant.energyAt(timeMs, 'reactive') };
    const whole = plantReading(plant, timeMs, counters);
    const reading = isIn(timeMs, FAILED) ? failedReading(whole) : whole;
    normalizer ??= new Normalizer(settings, reading.meter);
    const { telemetry } = normalizer.accept(reading, timeMs, timeMs);
    assert.ok(telemetry);
    const { active_energy_import_last_day: day, active_energy_import_last_month: month } = telemetry.metrics;
    const ended = DAYS.findLast((start) => start <= timeMs);
    if (typeof day?.value === 'number' && ended !== undefined) lastDays.set(ended, day.value);
    if (typeof month?.value === 'number') lastMonth = month.value;
    recorded.push({
      timeMs,
      lines: mapper.map(telemetry, { influxMeasurement: 'powermonitor_500', timestamp: timeMs }).lines,
    });
    if (timeMs === RESET_MS) base = 4e9 + plant.energyAt(timeMs);
  }
  return { recorded, lastDays, lastMonth };
}

describe('tiers of a real InfluxDB 1, filled by the pipeline with a month of the recorded plant', function () {
  this.timeout(240_000);
  let database: InfluxDb;
  const plant = new RecordedPlant(FROM - 30 * 24 * HOUR_MS);
  const { recorded, lastDays, lastMonth } = recordMonth(plant);
  const times = recorded.map(({ timeMs }) => timeMs).filter((timeMs) => !isIn(timeMs, FAILED));
  const ALL = ['--from', '2026-03-01', '--to', '2026-04-01T01:00', '--time-zone', ZONE] as const;

  const write = async (parts: readonly Recorded[]): Promise<void> => {
    const lines = parts.flatMap((part) => part.lines);
    for (let at = 0; at < lines.length; at += 2000) {
      const body = lines.slice(at, at + 2000).join('\n');
      const response = await fetch(`${database.url}/write?db=${DATABASE}&precision=ms`, { method: 'POST', body });
      assert.equal(response.status, 204, await response.text());
    }
  };
  const rollUp = async (...options: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await runHere('influx', 'rollup', '--url', database.url, ...options);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  /** One column over time, from the beginning of the month to its end. */
  const column = async (select: string, from: string, more = ''): Promise<Map<number, unknown>> => {
    const where = `WHERE time >= ${FROM}ms AND time < ${TO}ms`;
    const found = await database.query(`SELECT ${select} FROM ${DATABASE}.${from} ${where} ${more}`, DATABASE);
    return new Map(found.flatMap(({ values }) => values.map(([time, value]) => [Number(time), value] as const)));
  };
  const energies = (tier: string, every: string): Promise<Map<number, unknown>> =>
    column(
      `sum(${tier === 'raw' ? 'energy_delta_active_import_total' : 'energy_delta_active_import_total_sum'})`,
      `"${tier}".powermonitor_500_kpi`,
      `GROUP BY time(${every}) fill(none)`,
    );
  /** Wh that the counter of the meter gained in a window, by the file: from the last reading before it to the last in it. */
  const gained = (fromMs: number, toMs: number): number => {
    const before = times.findLast((time) => time < fromMs) ?? Number.NaN;
    const last = times.findLast((time) => time < toMs) ?? Number.NaN;
    return plant.energyAt(last) - plant.energyAt(before);
  };
  const snapshot = async (): Promise<unknown> => {
    const all: unknown[] = [];
    for (const { name } of TIERS.slice(1)) {
      for (const measurement of ['powermonitor_500', 'powermonitor_500_kpi'])
        all.push(await database.query(`SELECT * FROM ${DATABASE}."${name}".${measurement} GROUP BY *`, DATABASE));
    }
    return all;
  };

  before(async () => {
    database = await startInfluxDb();
    const env = { ...process.env, INFLUX_URL: database.url };
    const { status, stderr } = spawnSync('sh', [join(DEPLOY_FOLDER, 'bootstrap-v1.sh')], { env, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    // A month that is long over, so that everything in it has ended.
    for (const { name } of TIERS) await database.query(`ALTER RETENTION POLICY "${name}" ON ${DATABASE} DURATION INF`);
    await write(recorded.filter(({ timeMs }) => !isIn(timeMs, LATE)));
    await rollUp(...ALL);
  });

  after(async () => {
    await database.stop();
  });

  it('points that come when tiers are made get in by a roll-up of their time, which may run twice', async () => {
    const inHole = async (): Promise<number> =>
      [...(await energies('15m', '15m')).keys()].filter((time) => isIn(time, LATE)).length;
    assert.equal(await inHole(), 0);
    await write(recorded.filter(({ timeMs }) => isIn(timeMs, LATE)));
    const late = ['--from', '2026-03-12T14:00', '--to', '2026-03-12T19:00', '--time-zone', ZONE] as const;
    const said = await rollUp(...late);
    assert.match(said, /^15m\s+2026-03-12T13:00:00Z\s+2026-03-12T18:00:00Z\s+\d+$/m);
    assert.match(said, /^day\s+2026-03-08T23:00:00Z\s+2026-03-12T23:00:00Z/m);
    assert.equal(await inHole(), 20);
    const once = await snapshot();
    await rollUp(...late);
    assert.deepEqual(await snapshot(), once);
  });

  it('a quarter of an hour has the energy of the raw points, and of the file to the step of the meter', async () => {
    const [raw, minutes, quarters] = [
      await energies('raw', '15m'),
      await energies('1m', '15m'),
      await energies('15m', '15m'),
    ];
    assert.equal(quarters.size, (TO - FROM - (GAP.toMs - GAP.fromMs)) / QUARTER_MS - 1);
    assert.deepEqual(quarters, raw);
    assert.deepEqual(minutes, raw);
    for (const [time, energy] of quarters) {
      const isReset = Math.abs(time - RESET_MS) < 2 * QUARTER_MS;
      const allowed = METER_STEP_WH + (isReset ? gained(RESET_MS, RESET_MS + 2 * READ_EVERY_MS) : 0);
      const error = Math.abs(Number(energy) - gained(time, time + QUARTER_MS));
      assert.ok(error <= allowed, `${new Date(time).toISOString()} ${String(energy)}: ${error} Wh`);
    }
  });

  it('a day begins and ends by the clocks of the site, also that of 23 hours; it has what the KPIs say', async () => {
    const days = new Map<number, number>();
    // One series for each quality: that of the energy after a reset or a gap is uncertain, and belongs to the day.
    for (const { values } of await database.query(
      `SELECT energy_delta_active_import_total_sum FROM ${DATABASE}."day".powermonitor_500_kpi GROUP BY *`,
      DATABASE,
    )) {
      for (const [time, energy] of values) days.set(Number(time), (days.get(Number(time)) ?? 0) + Number(energy));
    }
    assert.equal([...days.keys()].filter((start) => start >= FROM && start < TO).length, 31);
    for (const [place, start] of DAYS.entries()) {
      const end = DAYS[place + 1];
      if (end === undefined) continue;
      const energy = days.get(start) ?? Number.NaN;
      const what = `${new Date(start).toISOString()} has ${energy} Wh`;
      assert.ok(Math.abs(energy - gained(start, end)) <= METER_STEP_WH, `${what}, the file ${gained(start, end)}`);
      // The KPIs share the energy between the readings on both sides of midnight, the tier has it where it was read.
      const kpi = lastDays.get(end) ?? Number.NaN;
      const edges = gained(start, start + READ_EVERY_MS) + gained(end, end + READ_EVERY_MS);
      assert.ok(Math.abs(energy - kpi) <= METER_STEP_WH + edges, `${what}, the KPIs ${kpi}`);
    }
    assert.equal(DAYS[29]! - DAYS[28]!, 23 * HOUR_MS);
  });

  it('the month has the energy of the file and of the KPIs, with a reset and an outage in it', async () => {
    const months = await column('sum(energy_delta_active_import_total_sum)', `"month".powermonitor_500_kpi`);
    const energy = Number([...months.values()][0]);
    assert.ok(Math.abs(energy - gained(FROM, TO)) <= METER_STEP_WH, `${energy}, the file ${gained(FROM, TO)}`);
    const edges = gained(FROM, FROM + READ_EVERY_MS) + gained(TO, TO + READ_EVERY_MS);
    assert.ok(Math.abs(energy - lastMonth) <= METER_STEP_WH + edges, `${energy}, the KPIs ${lastMonth}`);
  });

  it('a mean is that of all readings, a bad value is in none, and how many were bad is in every tier', async () => {
    const [noon, end] = [DAYS[9]!, DAYS[10]!];
    const read = times.filter((time) => time >= noon && time < end);
    const mean = read.reduce((sum, time) => sum + plant.powerAt(time), 0) / read.length;
    for (const { name } of TIERS) {
      const [select, lost] =
        name === 'raw'
          ? ['mean(active_power_total)', 'sum(bad_read_failed)']
          : ['sum(active_power_total_sum) / sum(active_power_total_count)', 'sum(bad_read_failed_sum)'];
      if (name === 'month') continue;
      const where = `WHERE time >= ${noon}ms AND time < ${end}ms`;
      const [found] = await database.query(
        `SELECT ${select} FROM ${DATABASE}."${name}".powermonitor_500 ${where}`,
        DATABASE,
      );
      const value = Number(found?.values[0]?.[1]);
      assert.ok(Math.abs(value - mean) <= 1e-6 * mean, `${name}: ${value}, not ${mean}`);
      const [bad] = await database.query(
        `SELECT ${lost} FROM ${DATABASE}."${name}".powermonitor_500 ${where}`,
        DATABASE,
      );
      // Five readings of five values.
      assert.equal(bad?.values[0]?.[1], 25, name);
    }
  });

  it('energies of the tariff periods of the site are in the tiers, and add up to the day', async () => {
    const last = async (field: string): Promise<Map<number, unknown>> =>
      column(`last(${field}_last)`, `"day".powermonitor_500_kpi`, 'GROUP BY time(1d, 23h) fill(none)');
    const [peak, off, all] = [
      await last('tariff_energy_peak_last_day'),
      await last('tariff_energy_off_peak_last_day'),
      await last('active_energy_import_last_day'),
    ];
    assert.ok(all.size >= 28);
    for (const [time, energy] of all) {
      assert.ok(Math.abs(Number(peak.get(time)) + Number(off.get(time)) - Number(energy)) < 1e-6, String(time));
    }
  });

  it('that have everything are not behind; one that lacks a day is, and a query that is gone is missed', async () => {
    const status = (): ReturnType<typeof runHere> =>
      runHere('influx', 'status', '--url', database.url, '--time-zone', ZONE, '--prometheus');
    const whole = await status();
    assert.deepEqual([whole.code, whole.stderr], [0, '']);
    assert.match(whole.stdout, /^pm500_tier_until_seconds\{tier="day"\} 1775080800$/m);
    assert.match(whole.stdout, /^pm500_tier_is_behind\{tier="15m"\} 0$/m);
    await write([{ timeMs: 0, lines: [`powermonitor_500,meter=later voltage_l1_n=230 ${TO + 70 * HOUR_MS}`] }]);
    await database.query(`DROP CONTINUOUS QUERY "powermonitor_500_kpi_15m" ON ${DATABASE}`);
    const late = await status();
    assert.equal(late.code, 1);
    assert.match(late.stdout, /^pm500_tier_is_behind\{tier="day"\} 1$/m);
    assert.match(late.stderr, /^Continuous queries are missing \(powermonitor_500_kpi_15m\); run /m);
    assert.match(late.stderr, /^Tiers are behind \(1m, 15m, day\); run pm500 influx rollup/m);
  });

  it('are not made of what a database of another kind, a wrong login or a wrong option gives', async () => {
    const said = async (...args: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await runHere('influx', ...args);
      assert.deepEqual([code === 0, stdout], [false, '']);
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
      return stderr;
    };
    const url = ['--url', database.url] as const;
    assert.match(await said('rollup', '--url', 'http://127.0.0.1:1'), /does not answer \(.*\); check the URL/);
    assert.match(await said('rollup', ...url, '--database', 'other'), /database not found: other/);
    assert.match(await said('rollup', ...url, '--from', '2026-02-30'), /--from is "2026-02-30"; give a time such as/);
    assert.match(await said('rollup', ...url, '--from', '2126-01-01'), /ends before it begins/);
    assert.match(await said('rollup', ...url, '--days', '1', '--from', '2026-01-01'), /say the same; give one of them/);
    assert.match(await said('rollup', ...url, '--tier', '1d'), /choose of 1m, 15m, day, month/);
    assert.match(
      await said('status', ...url, '--time-zone', 'Berlin'),
      /time zone is "Berlin"; give a name of the IANA/,
    );
    assert.match(await said('status', ...url, '--days', '3'), /--days means nothing to pm500 influx status/);
    assert.match(await said('status', '--url', 'ftp://a'), /give one such as http/);
    assert.match(await said('sum'), /pm500 influx rollup or pm500 influx status/);
  });
});
