import assert from 'node:assert/strict';
import { DATABASE } from '../../src/influx/tiers/plan';
import { fillWithPlant } from '../../testkit/grafana/plant-database';
import { EVENTS, FAILED, plantsOfSite, READ_EVERY_MS, readTimes, SITE, SOLAR } from '../../testkit/grafana/plant-site';
import { gainedBetween, near, recordedRows, STEP_W, STEP_WH } from '../../testkit/grafana/recorded-rows';
import { isFilled, NOMINAL, PanelAnswers } from '../../testkit/grafana/panel-answers';
import { seenTogether } from './several-meters';
import { interpolate, windowOf, type Choices } from '../../testkit/grafana/interpolate';
import { allQueries, queriesNamed, type PanelQuery } from '../../testkit/grafana/panels';
import { startInfluxDb, type InfluxDb, type QuerySeries } from '../../testkit/servers/influxdb';

const QUARTER_MS = 900_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const QUERIES = allQueries();

const textOf = (query: unknown): string => (typeof query === 'string' ? query : '');
describe('panels on a real InfluxDB 1 that the pipeline filled with the recorded plant', function () {
  this.timeout(400_000);
  let database: InfluxDb;
  const plants = plantsOfSite();
  const plant = plants.incomer;

  let answers: PanelAnswers;
  const run = (query: PanelQuery, choices: Choices = {}): Promise<readonly QuerySeries[]> =>
    answers.run(query, choices);
  const ask = (uid: string, title: string, place = 0): Promise<readonly QuerySeries[]> =>
    answers.ask(uid, title, place);
  const bars = (uid: string, title: string): Promise<ReadonlyMap<number, number>> => answers.bars(uid, title);
  /** The one number of a panel. */
  const figure = async (uid: string, title: string, column = 1, place = 0): Promise<number> => {
    const [series] = await ask(uid, title, place);
    return Number(series?.values.at(-1)?.[column]);
  };

  /** By the file alone: Wh or varh of a quarter of an hour of the site. */
  const rowsOf = (fromMs: number, toMs: number, kind?: 'active' | 'reactive'): readonly number[] =>
    recordedRows(SITE.plantMs, fromMs, toMs, kind);
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
  const times = readTimes();
  const gained = (fromMs: number, toMs: number): number => gainedBetween(plant, times, fromMs, toMs);
  before(async () => {
    database = await startInfluxDb();
    await fillWithPlant(database, plants);
    answers = new PanelAnswers(database);
  });

  after(async () => {
    await database.stop();
  });

  it('every query runs, and no panel is empty', async () => {
    const empty: string[] = [];
    for (const query of QUERIES.filter(({ language }) => language === 'influxql')) {
      const where = `${String(query.dashboard.title)}: ${String(query.panel.title)} ${query.refId}`;
      const series = await run(query);
      if (!series.some((each) => isFilled(each))) empty.push(where);
    }
    // Nine queries of one table, of which each event befalls one phase; counts of minutes likewise.
    const events = empty.filter((where) => where.includes('IEEE 1159'));
    assert.deepEqual(
      empty.filter((where) => !events.includes(where)),
      [],
    );
    assert.equal(events.length, 2 * (3 * EVENTS.length - EVENTS.length));
  });

  it('every variable offers what the database has, and a meter whose name has slashes and dots can be chosen', async () => {
    const point = 'powermonitor_500,meter=a/b.c\\ d,site=s,quality=good active_power_total=1';
    const body = `${point} ${SITE.nowMs - 60_000}`;
    await fetch(`${database.url}/write?db=${DATABASE}&precision=ms`, { method: 'POST', body });
    try {
      const [query] = queriesNamed('pm500-site', 'Active power');
      assert.ok(query);
      const meters = query.dashboard.templating?.list?.find(({ name }) => name === 'meter');
      const offered = await database.query(
        interpolate({ ...query, text: textOf(meters?.query) }, {}, SITE.nowMs),
        DATABASE,
      );
      assert.deepEqual(offered[0]?.values, [
        ['meter', 'a/b.c d'],
        ['meter', SITE.meter],
        ['meter', SOLAR.meter],
      ]);
      const named = async (meter: Choices[string]): Promise<readonly unknown[]> =>
        (await run(query, { meter })).map(({ tags }) => tags?.['meter']);
      assert.deepEqual(await named('a/b.c d'), ['a/b.c d']);
      assert.deepEqual(await named(['a/b.c d', SITE.meter]), ['a/b.c d', SITE.meter]);
      assert.deepEqual(await named('a/bXc d'), []);
      assert.equal((await run(query, { site: 's', area: '$__all' })).length, 1);
    } finally {
      await database.query(`DROP SERIES FROM powermonitor_500 WHERE meter = 'a/b.c d'`, DATABASE);
    }
  });

  it('the month that ended last has the energy, peak, load factor and power factor of the file', async () => {
    const { fromMs, toMs } = SITE.month;
    const [active, reactive] = [rowsOf(fromMs, toMs), rowsOf(fromMs, toMs, 'reactive')];
    const [wattHours, varHours] = [sum(active), sum(reactive)];
    const board = 'pm500-leadership';
    near(await figure(board, 'Active energy import'), wattHours, STEP_WH, 'energy');
    const peak = 4 * Math.max(...active);
    near(await figure(board, 'Peak demand'), peak, STEP_W, 'peak demand');
    const peakEnd = await figure(board, 'Peak demand: its window ended');
    const [ofThatTime = Number.NaN] = rowsOf(peakEnd - QUARTER_MS, peakEnd);
    near(4 * ofThatTime, peak, STEP_W, 'the quarter of an hour that the panel calls the peak');
    const hours = (toMs - fromMs) / HOUR_MS;
    near(await figure(board, 'Load factor'), (100 * wattHours) / hours / peak, 0.1, 'load factor');
    near(await figure(board, 'Power factor'), wattHours / Math.hypot(wattHours, varHours), 1e-5, 'power factor');
    near(await figure(board, 'CO2 emission'), (wattHours / 1000) * SITE.co2KgPerKwh, 0.1, 'CO2');
    const tanPhi = Math.sqrt(1 / SITE.powerFactorLimit ** 2 - 1);
    const excess = Math.max(0, varHours - tanPhi * wattHours) / hours;
    near(await figure(board, 'Compensation to add'), excess, 1 + excess / 1000, 'reactive power to make up for');
    const prices = active.map((energy, place) => {
      const hour = Math.floor(place / 4) % 24;
      return (energy / 1000) * (hour >= 8 && hour < 20 ? 0.3 : 0.2);
    });
    near(await figure(board, 'Cost'), sum(prices), 0.05, 'cost');
    const energies = await bars(board, 'Energy by month, with the target');
    near(energies.get(fromMs) ?? Number.NaN, gained(fromMs, toMs), STEP_WH, 'bar of the month');
    const peaks = await bars(board, 'Peak demand by month, with the contract');
    // The first window that is told ended with the month before; the last one of the month ends with the next.
    const ended = 4 * Math.max(...rowsOf(fromMs - QUARTER_MS, toMs - QUARTER_MS));
    near(peaks.get(fromMs) ?? Number.NaN, ended, STEP_W, 'bar of the peak');
  });

  it('month by month names the month that ended last, as soon as it has ended, with the figures of the file', async () => {
    const rows: Record<string, unknown>[] = [];
    for (const query of queriesNamed('pm500-leadership', 'Month by month')) {
      for (const { tags, columns, values } of await run(query)) {
        if (tags?.['meter'] !== SITE.meter) continue;
        rows.push(...values.map((row) => Object.fromEntries(columns.map((name, place) => [name, row[place]]))));
      }
    }
    const { fromMs, toMs } = SITE.month;
    const [row, ...others] = rows.filter(({ Month: month }) => Number(month) >= fromMs && Number(month) < toMs);
    assert.deepEqual([row === undefined, others], [false, []]);
    const active = rowsOf(fromMs, toMs);
    near(Number(row?.['Active energy import']), sum(active), STEP_WH, 'energy');
    near(Number(row?.['Peak demand']), 4 * Math.max(...active), STEP_W, 'peak demand');
    near(Number(row?.['Known']), 100, 0.1, 'known');
    assert.equal(new Set(rows.map(({ Month: month }) => month)).size, rows.length, 'each month once');
  });

  it('each day has the energy of the file, at the midnight of the site', async () => {
    const days = await bars('pm500-energy', 'Energy by day');
    const starts = [...days.keys()];
    const { fromMs } = windowOf(queriesNamed('pm500-energy', 'Energy by day')[0]!, SITE.nowMs);
    // Of as many midnights the last begins the day that runs.
    assert.equal(starts.length, Math.floor((SITE.nowMs - fromMs) / DAY_MS) - 1);
    for (const start of starts) {
      assert.equal((start - SITE.month.fromMs) % DAY_MS, 0);
      near(days.get(start) ?? Number.NaN, gained(start, start + DAY_MS), STEP_WH, new Date(start).toISOString());
      // The energy of a reading counts in the day in which it was read.
      const edges = plant.powerAt(start - 1) + plant.powerAt(start + DAY_MS - 1);
      const whole = sum(rowsOf(start, start + DAY_MS));
      near(days.get(start) ?? Number.NaN, whole, STEP_WH + (edges * READ_EVERY_MS) / HOUR_MS, 'the day of the file');
    }
    const today = SITE.nowMs - 12 * HOUR_MS;
    near(await figure('pm500-site', 'Energy of the running day'), sum(rowsOf(today, SITE.nowMs)), STEP_WH, 'today');
  });

  it('the peak demand of the running month stands beside the time at which its window ended', async () => {
    const windows = rowsOf(SITE.month.toMs, SITE.nowMs);
    const [series] = await ask('pm500-site', 'Peak demand of the running month');
    const [, peak, ended] = (series?.values[0] ?? []).map(Number);
    near(peak ?? Number.NaN, 4 * Math.max(...windows), STEP_W, 'peak');
    const [ofThatTime = Number.NaN] = rowsOf((ended ?? 0) - QUARTER_MS, ended ?? 0);
    near(4 * ofThatTime, 4 * Math.max(...windows), STEP_W, 'its quarter of an hour');
  });

  it('the load-duration curve is that of the sorted quarters of the file', async () => {
    const [query] = queriesNamed('pm500-energy', 'Load-duration curve');
    assert.ok(query);
    const { fromMs, toMs } = windowOf(query, SITE.nowMs);
    // A window is told by the reading at its end: those that were told within the time.
    const first = Math.max(Math.ceil(fromMs / QUARTER_MS) * QUARTER_MS, SITE.month.fromMs) - QUARTER_MS;
    const sorted = rowsOf(first, toMs)
      .map((energy) => 4 * energy)
      .sort((left, right) => left - right);
    const [series] = await run(query);
    for (const [place, name] of (series?.columns ?? []).entries()) {
      if (place === 0) continue;
      const share = Number(name.replace(' %', ''));
      // The nearest rank, as InfluxDB takes percentiles; beside the outage a rank more or less.
      const rank = Math.max(0, Math.floor((sorted.length * (100 - share)) / 100 + 0.5) - 1);
      const [low, high] = [sorted[Math.max(0, rank - 2)] ?? 0, sorted[Math.min(sorted.length - 1, rank + 2)] ?? 0];
      const found = Number(series?.values[0]?.[place]);
      assert.ok(found >= low - STEP_W && found <= high + STEP_W, `${name}: ${found}, not from ${low} to ${high}`);
    }
  });

  it('long-duration events are told by phase, name and minute; intervals with gaps are counted apart', async () => {
    const minutes = async (name: string): Promise<readonly number[]> => {
      const found: number[] = [];
      for (const query of queriesNamed('pm500-quality', `Minutes of ${name} (IEEE 1159)`)) {
        const [series] = await run(query);
        found.push(Number(series?.values[0]?.[1] ?? 0));
      }
      return found;
    };
    assert.deepEqual(await minutes('undervoltage'), [EVENTS[0].minutes, 0, 0]);
    assert.deepEqual(await minutes('overvoltage'), [0, EVENTS[1].minutes, 0]);
    assert.deepEqual(await minutes('interruption, sustained'), [0, 0, EVENTS[2].minutes]);
    const title = 'Intervals that are judged, and with gaps';
    const [whole, gaps] = [await figure('pm500-quality', title), await figure('pm500-quality', title, 1, 1)];
    // 26 hours are read every minute, of which one interval has the outage; the last interval has just begun.
    assert.equal(whole, 26 * 6 - Math.ceil(FAILED.minutes / 10));
    assert.equal(whole + gaps, 7 * 24 * 6 + 1);
    // One interval of each phase is off by 10 % or more for a while; only that of the interruption as a mean.
    const within = await Promise.all(
      queriesNamed('pm500-quality', 'Within +/-10 % (indicative EN 50160: 95 % of a week)').map(async (query) => {
        const [series] = await run(query);
        return Number(series?.values[0]?.[1]);
      }),
    );
    assert.deepEqual(within.slice(0, 2), [100, 100]);
    near(within[2] ?? Number.NaN, 100 * (1 - 1 / whole), 1e-6, 'share of L3');
  });

  it('good and uncertain values stand apart, and bad ones are counted by reason and in no mean', async () => {
    const series = await ask('pm500-meter', 'Active power by quality');
    assert.deepEqual(
      series.map(({ tags }) => [tags?.['meter'], tags?.['quality']]),
      [
        [SITE.meter, 'good'],
        [SITE.meter, 'uncertain'],
        [SOLAR.meter, 'good'],
      ],
    );
    const [missing] = await ask('pm500-meter', 'Missing values by reason');
    const place = missing?.columns.indexOf('read_failed') ?? -1;
    const counted = sum((missing?.values ?? []).map((row) => Number(row[place] ?? 0)));
    assert.ok(counted >= 30 * FAILED.minutes, String(counted));
    const [voltage] = await ask('pm500-meter', 'Voltages between lines');
    const from = SITE.nowMs - FAILED.fromMinute * 60_000;
    for (const [time, value] of voltage?.values ?? []) {
      const isFailed = Number(time) >= from && Number(time) < from + FAILED.minutes * 60_000;
      if (isFailed) assert.equal(value, null, new Date(Number(time)).toISOString());
    }
  });

  it('of a meter that is silent nothing is said to be of now, and no month is called the last one', async () => {
    const later = SITE.nowMs + 2 * DAY_MS;
    for (const [uid, title] of [
      ['pm500-site', 'Active power'],
      ['pm500-site', 'Energy of the running day'],
      ['pm500-meter', 'Phasors'],
      ['pm500-energy', 'Active energy import'],
      ['pm500-leadership', 'Peak demand'],
      ['pm500-leadership', 'Active energy import so far'],
    ] as const) {
      for (const query of queriesNamed(uid, title)) {
        assert.ok(
          (await run(query)).some((series) => isFilled(series)),
          title,
        );
        assert.deepEqual(await database.query(interpolate(query, NOMINAL, later), DATABASE), [], title);
      }
    }
  });

  it('an alarm that was raised weeks ago and has not ended is active, one that has ended is not', async () => {
    const [series] = await ask('pm500-site', 'Alarms that are active');
    const [alarm, since] = ['alarm', 'since'].map((name) => series?.columns.indexOf(name) ?? -1);
    assert.deepEqual(
      series?.values.map((row) => [row[alarm ?? -1], row[since ?? -1]]),
      [['running', times[0]]],
    );
  });

  seenTogether(() => answers, plants);
});
