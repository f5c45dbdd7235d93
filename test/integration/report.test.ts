import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_KPI_SETTINGS } from '../../src/domain/kpis/settings';
import { Normalizer } from '../../src/domain/normalizer/normalizer';
import { LineMapper } from '../../src/influx/line-mapper';
import { DEFAULT_MEASUREMENT } from '../../src/influx/mapping';
import { connectInfluxQl } from '../../src/influx/tiers/influxql-server';
import { windowQuery } from '../../src/influx/tiers/influxql';
import { DATABASE, RAW, TIERS, WINDOW_TIERS } from '../../src/influx/tiers/plan';
import { sourcesOf } from '../../src/influx/tiers/sources';
import { storedSource } from '../../src/influx/tiers/stored-fields';
import { PM500 } from '../../src/meters/pm500';
import { systemClock } from '../../src/support/clock';
import { ROOT } from '../../testkit/root';
import { plantReading, RecordedPlant } from '../../testkit/meters/plant-readings';
import { startInfluxDb, type InfluxDb } from '../../testkit/servers/influxdb';
import { startInflux2Query, type Influx2Query } from '../../testkit/servers/influx-2-query';
import { readFlow } from '../../testkit/node-red/reference-flows';
import { temporaryFolder } from '../../testkit/temporary-folder';
import { runReport } from '../../src/cli/report';
import { runHere, type CommandResult } from '../cli/run-command';

const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;
const HOUR_MS = 60 * MINUTE_MS;
const ZONE = 'Europe/Berlin';
/** The month in which clocks go ahead, 743 hours, and the one before. */
const FROM = Date.parse('2026-03-01T00:00:00+01:00');
const TO = Date.parse('2026-04-01T00:00:00+02:00');
const BEFORE = Date.parse('2026-02-01T00:00:00+01:00');
const NOW = Date.parse('2026-04-02T12:00:00+02:00');
/** The meter does not answer. */
const GAP = { fromMs: Date.parse('2026-03-20T01:00:00+01:00'), toMs: Date.parse('2026-03-20T06:00:00+01:00') };
const METER = `Hall 3 <b>"it's"</b>`;
const EVERY_MS = 5 * MINUTE_MS;
const FIRST_MS = BEFORE - 7.5 * MINUTE_MS;

const isGap = (timeMs: number): boolean => timeMs >= GAP.fromMs && timeMs < GAP.toMs;

/** When the meter is read: in the month before once in each quarter of an hour. */
const TIMES: readonly number[] = [
  ...Array.from({ length: (FROM - BEFORE) / QUARTER_MS }, (_, index) => FIRST_MS + index * QUARTER_MS),
  ...Array.from(
    { length: (TO + HOUR_MS - FROM) / EVERY_MS + 1 },
    (_, index) => FROM - 2.5 * MINUTE_MS + index * EVERY_MS,
  ),
].filter((timeMs) => !isGap(timeMs));

/** The recorded plant as the nodes write it; read in the middle between edges, so that each energy is of one quarter only where its power is. */
function* linesOf(plant: RecordedPlant): Generator<string> {
  const kpis = { ...DEFAULT_KPI_SETTINGS, timeZone: 'UTC' };
  const mapper = new LineMapper();
  let normalizer: Normalizer | undefined;
  for (const timeMs of TIMES) {
    const counters = { active: plant.energyAt(timeMs), reactive: plant.energyAt(timeMs, 'reactive') };
    const full = plantReading(plant, timeMs, counters, METER);
    const reading = timeMs < FROM ? { ...full, blocks: full.blocks.slice(-1) } : full;
    normalizer ??= new Normalizer({ model: PM500, energyDeltas: true, alarmRules: [], kpis }, reading.meter);
    const { telemetry } = normalizer.accept(reading, timeMs, timeMs);
    if (telemetry !== undefined)
      yield* mapper.map(telemetry, { influxMeasurement: DEFAULT_MEASUREMENT, timestamp: timeMs }).lines;
  }
}

async function write(url: string, lines: Iterable<string>): Promise<void> {
  let batch: string[] = [];
  const send = async (): Promise<void> => {
    const response = await fetch(`${url}/write?db=${DATABASE}&precision=ms`, {
      method: 'POST',
      body: batch.join('\n'),
    });
    assert.equal(response.status, 204, await response.text());
    batch = [];
  };
  for (const line of lines) if (batch.push(line) >= 3000) await send();
  await send();
}

/** Quarters out of raw points by the query of the tier, which gives the same as by way of minutes. */
async function sumUp(database: InfluxDb): Promise<void> {
  const access = { url: database.url, user: '', password: '', database: DATABASE, clock: systemClock, env: {} };
  const server = connectInfluxQl(access);
  const [tier] = WINDOW_TIERS.slice(-1);
  assert.ok(tier);
  for (const source of sourcesOf(DEFAULT_MEASUREMENT)) {
    const stored = await storedSource(server, DATABASE, source, RAW.name);
    if (stored.fields.length === 0) continue;
    const range = { fromMs: BEFORE - HOUR_MS, toMs: TO + HOUR_MS };
    await database.query(windowQuery(DATABASE, stored, { ...tier, from: RAW.name }, range));
  }
}

/** The counter of the file, kWh or kvarh since its beginning, a straight line within each of its rows. */
function fileCounter(column: 1 | 2, startMs: number): (timeMs: number) => number {
  const stands = [0];
  for (const row of readFileSync(join(ROOT, 'data/steel-plant-2018.csv'), 'utf8').trim().split('\n').slice(1))
    stands.push((stands.at(-1) ?? 0) + parseFloat(row.split(',')[column] ?? ''));
  return (timeMs) => {
    const place = (timeMs - startMs) / QUARTER_MS;
    const [low = 0, high = 0] = [stands[Math.floor(place)], stands[Math.floor(place) + 1]];
    return low + (place % 1) * (high - low);
  };
}

/** When the counter was read for the last time before a moment. */
function lastReadBefore(timeMs: number): number {
  return TIMES.findLast((at) => at < timeMs) ?? Number.NaN;
}

describe('pm500 report on a real InfluxDB 1', function () {
  this.timeout(240_000);
  let database: InfluxDb;
  let second: Influx2Query;
  const plantMs = Date.parse('2026-01-01T00:00:00+01:00');
  const counter = fileCounter(1, plantMs);
  /** What readings in a time counted, kWh or kvarh. */
  const gained = (fromMs: number, toMs: number, column: 1 | 2 = 1): number => {
    const stand = column === 1 ? counter : fileCounter(column, plantMs);
    return stand(lastReadBefore(toMs)) - stand(lastReadBefore(fromMs));
  };
  const login = { user: 'reader', password: 'secret of the reader' };

  const report = async (...args: readonly string[]): Promise<CommandResult & { readonly html: string }> => {
    const folder = temporaryFolder('report');
    let [stdout, stderr] = ['', ''];
    const terminal = {
      print: (text: string): boolean => ((stdout += text), true),
      complain: (sentence: string): void => void (stderr += `${sentence}\n`),
      ended: new AbortController().signal,
    };
    const common = ['--url', database.url, '--time-zone', ZONE, '--folder', folder];
    const code = await runReport(
      [...args, ...common.filter((_, place) => place > 1 || !args.includes('--url'))],
      terminal,
      () => NOW,
    );
    const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.html'));
    return { code, stdout, stderr, html: file === '' ? '' : readFileSync(join(folder, file), 'utf8') };
  };
  /** The cells of a row of a table, by the first one. */
  const cells = (html: string, first: string): readonly string[] => {
    const row = html.match(/<tr>.*?<\/tr>/g)?.find((each) => each.includes(`<td>${first}</td>`)) ?? '';
    return [...row.matchAll(/<td[^>]*>(.*?)<\/td>/g)].map(([, text = '']) => text);
  };
  const numberIn = (text = ''): number => parseFloat(text.replaceAll(',', ''));

  before(async () => {
    database = await startInfluxDb();
    await database.query(`CREATE DATABASE ${DATABASE}`);
    for (const { name } of TIERS) {
      const policy = `RETENTION POLICY "${name}" ON ${DATABASE} DURATION INF REPLICATION 1 SHARD DURATION 364d`;
      await database.query(`CREATE ${policy}${name === RAW.name ? ' DEFAULT' : ''}`);
    }
    await write(database.url, linesOf(new RecordedPlant(plantMs)));
    await sumUp(database);
    second = await startInflux2Query(database.url, login);
  });
  after(async () => {
    await second.stop();
    await database.stop();
  });

  it('says of a month what an independent computation from the file says', async () => {
    const { code, stderr, html } = await report('month');
    assert.equal(code, 0, stderr);
    const [kwh, kvarh] = [gained(FROM, TO), gained(FROM, TO, 2)];
    const imported = cells(html, 'Active energy import');
    // One digit is shown, and the meter sends steps of 1/16 kWh.
    assert.ok(Math.abs(numberIn(imported[1]) - kwh) <= 0.15, `${imported[1] ?? ''} against ${kwh}`);
    assert.ok(Math.abs(numberIn(cells(html, 'Reactive energy import')[1]) - kvarh) <= 0.15);
    assert.ok(Math.abs(numberIn(imported[2]) - gained(BEFORE, FROM)) <= 0.15, imported[2]);
    assert.equal(imported[4], '–');
    // Demand windows share what was counted over their edges evenly.
    const between = (timeMs: number): number => {
      const before = lastReadBefore(timeMs);
      const share = (timeMs - before) / EVERY_MS;
      return counter(before) + share * (counter(before + EVERY_MS) - counter(before));
    };
    const ends = Array.from({ length: (TO - FROM) / QUARTER_MS }, (_, index) => FROM + (index + 1) * QUARTER_MS).filter(
      (end) => !isGap(end) && !isGap(end - QUARTER_MS),
    );
    const demands = ends.map((end) => 4 * (between(end) - between(end - QUARTER_MS)));
    const peak = Math.max(...demands);
    const at = ends[demands.indexOf(peak)] ?? 0;
    assert.ok(
      Math.abs(numberIn(cells(html, 'Peak demand')[1]) - peak) <= 0.55,
      `${cells(html, 'Peak demand')[1] ?? ''} against ${peak}`,
    );
    const shown = new Intl.DateTimeFormat('en-GB', { timeZone: ZONE, dateStyle: 'medium', timeStyle: 'short' });
    assert.equal(cells(html, 'End of its window')[1], shown.format(at));
    assert.ok(Math.abs(numberIn(cells(html, 'Power factor from energies')[1]) - kwh / Math.hypot(kwh, kvarh)) <= 0.001);
    assert.ok(Math.abs(numberIn(cells(html, 'Load factor')[1]) - (100 * kwh) / 743 / peak) < 0.1);
    // 20 of 2972 quarters; the first after the gap was read.
    assert.ok(Math.abs(numberIn(cells(html, 'Coverage: time that was read')[1]) - (100 * (2972 - 20)) / 2972) < 0.005);
  });

  it('adds up to the raw points of the database', async () => {
    const [series] = await database.query(
      `SELECT sum("energy_delta_active_import_total") FROM ${DATABASE}."raw"."${DEFAULT_MEASUREMENT}_kpi" WHERE time >= ${FROM}ms AND time < ${TO}ms`,
      DATABASE,
    );
    const { html } = await report('month', '--of', '2026-03', '--meter', METER);
    assert.equal(
      cells(html, 'Active energy import')[1],
      `${(Number(series?.values[0]?.[1]) / 1000).toLocaleString('en-GB', { minimumFractionDigits: 1, maximumFractionDigits: 1 })} kWh`,
    );
  });

  it('marks the gap and the day of 23 hours, and takes no markup from outside', async () => {
    const { html } = await report('month');
    assert.match(html, /<span class="code">gap_estimated<\/span>/);
    assert.match(html, /In 1 gap, together 5\.00 h/);
    assert.match(html, /29 Mar 2026, which has 23 hours/);
    assert.match(html, /<span class="code">peak_uncertain<\/span>/);
    assert.ok(!html.includes('<b>"it'));
    assert.ok(html.includes('Hall 3 &lt;b&gt;&quot;it&#39;s&quot;&lt;/b&gt;'));
    assert.ok(!/<script|https?:\/\/|url\(|@import|<img|<link/i.test(html));
  });

  it('costs energy by a tariff, and says where its rules overlap', async () => {
    const tariff = {
      timeZone: ZONE,
      currency: 'EUR',
      periods: [
        { name: 'peak', pricePerKwh: 0.3 },
        { name: 'off_peak', pricePerKwh: 0.2 },
      ],
      otherwise: 'off_peak',
      rules: [
        { period: 'peak', from: '08:00', to: '20:00' },
        { period: 'off_peak', days: ['sun'] },
      ],
    };
    const path = join(temporaryFolder('tariff'), 'tariff.json');
    writeFileSync(path, JSON.stringify(tariff));
    const { html } = await report('month', '--tariff', path);
    const day = (edge: string): number[] =>
      Array.from({ length: 31 }, (_, index) => {
        const date = `2026-03-${String(index + 1).padStart(2, '0')}`;
        return Date.parse(`${date}T${edge}:00${index + 1 < 29 ? '+01:00' : '+02:00'}`);
      });
    const ends = day('20:00');
    const peak = day('08:00').reduce((sum, start, index) => sum + gained(start, ends[index] ?? 0), 0);
    assert.ok(
      Math.abs(numberIn(cells(html, 'peak')[1]) - peak) <= 1,
      `${cells(html, 'peak')[1] ?? ''} against ${peak}`,
    );
    assert.ok(Math.abs(numberIn(cells(html, 'off_peak')[1]) - (gained(FROM, TO) - peak)) <= 1);
    const cost = 0.3 * numberIn(cells(html, 'peak')[1]) + 0.2 * numberIn(cells(html, 'off_peak')[1]);
    assert.ok(
      Math.abs(numberIn(cells(html, 'Energy cost')[1]) - cost) < 0.05,
      `${cells(html, 'Energy cost').join(' ')} against ${cost}`,
    );
    assert.match(html, /Rules of the tariff for peak and off_peak overlap for 60\.0 h/);
  });

  it('speaks German, prints a PDF, and says of a week what the file says', async () => {
    const { code, stdout, stderr, html } = await report('week', '--of', '2026-W11', '--language', 'de', '--pdf');
    assert.equal(code, 0, stderr);
    const monday = Date.parse('2026-03-09T00:00:00+01:00');
    const kwh = gained(monday, monday + 168 * HOUR_MS);
    const shown = parseFloat((cells(html, 'Wirkenergie, Bezug')[1] ?? '').replaceAll('.', '').replace(',', '.'));
    assert.ok(Math.abs(shown - kwh) <= 0.15, `${shown} against ${kwh}`);
    assert.match(html, /<html lang="de">/);
    const pdf = stdout.trim().split('\n')[1] ?? '';
    assert.equal(readFileSync(pdf).subarray(0, 5).toString(), '%PDF-', stderr);
  });

  it('reads InfluxDB 2 by its InfluxQL', async () => {
    process.env['INFLUX_PASSWORD'] = login.password;
    try {
      const { code, stderr, html } = await report('month', '--url', second.url, '--user', login.user);
      assert.equal(code, 0, stderr);
      assert.match(html, /March 2026/);
    } finally {
      delete process.env['INFLUX_PASSWORD'];
    }
  });

  it('is filed once by the flow, by the user of Node-RED', () => {
    const home = temporaryFolder('home');
    const bin = join(home, '.node-red', 'node_modules', '.bin');
    mkdirSync(bin, { recursive: true });
    const lines = ['#!/bin/sh', `cd '${ROOT}' && exec '${process.execPath}' dist/src/cli/main.js "$@"`];
    writeFileSync(join(bin, 'pm500'), lines.join('\n'), { mode: 0o755 });
    const month = readFlow('flows', 'monthly-report.json').find(({ id }) => id === 'monthly-report-month');
    // The month before the one that runs is none that the database has.
    const command = `${String(month?.['command'])} ${String(month?.['append'])} --of 2026-03`.replace(' --pdf', '');
    const env = { PATH: process.env['PATH'], HOME: home, INFLUX_URL: database.url, TIME_ZONE: ZONE };
    const run = (): string => execFileSync('/bin/sh', ['-c', command], { env, encoding: 'utf8' });
    assert.equal(run(), `${join(home, '.node-red/pm500/reports/pm500-all-2026-03.en.html')}\n`);
    assert.equal(run(), '');
  });

  it('says in one sentence what the database does not have or not allow', async () => {
    const attempt = async (...args: readonly string[]): Promise<string> => {
      const { code, stderr, stdout } = await runHere('report', ...args, '--time-zone', ZONE);
      assert.notEqual(code, 0, stdout);
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
      return stderr;
    };
    assert.match(
      await attempt('month', '--url', database.url, '--of', '2024-05'),
      /no energies of any meter in 2024-05.*influx status/,
    );
    assert.match(
      await attempt('month', '--url', database.url, '--of', '2026-03', '--meter', 'none'),
      /no energies of meter "none"/,
    );
    assert.match(
      await attempt('month', '--url', database.url, '--of', '2026-03', '--database', 'other'),
      /database not found: other/,
    );
    assert.match(
      await attempt('month', '--url', second.url, '--of', '2026-03', '--user', 'guest'),
      /unauthorized.*INFLUX_PASSWORD/,
    );
    assert.match(await attempt('month', '--url', database.url, '--of', '2026-13'), /give a month such as/);
    assert.match(await attempt('week', '--url', database.url, '--of', '2099-W01'), /has not begun/);
  });
});
