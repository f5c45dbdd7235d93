import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KpiSet } from '../../../src/domain/kpis/kpi-set';
import { DEFAULT_KPI_SETTINGS } from '../../../src/domain/kpis/settings';
import type { Telemetry } from '../../../src/domain/messages/telemetry';
import { IOT_BATCH } from '../../../src/iot/contracts';
import { pack } from '../../../src/iot/pack';
import { PROFILE_LIMITS } from '../../../src/iot/profiles';
import { Recorder } from '../../../src/iot/recorder';
import { Sequences } from '../../../src/iot/sequence';
import { TopicTemplate } from '../../../src/iot/topic-template';
import { seededRandom } from '../../../src/support/random';
import { AlarmScript } from '../../../testkit/meters/alarms';
import { telemetryOf } from '../../../testkit/meters/telemetry';
import { ROOT } from '../../../testkit/root';
import records from '../lake/records.json';
import { FIRST_DAY, RowMaker, type LakeTable } from '../lambda/row';
import { transform } from '../lambda/transform/index';
import { ParquetLake } from './parquet-lake';

const TABLE = records as LakeTable;
const STEP_MS = 900_000;
const AWS = PROFILE_LIMITS['aws-iot-core'];

/** The year as the file says it: nothing of the package takes part. */
const ROWS = readFileSync(join(ROOT, 'data/steel-plant-2018.csv'), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [start = '', kwh = ''] = line.split(',');
    return { start, day: start.slice(0, 10), month: start.slice(0, 7), wh: Math.round(Number(kwh) * 1000) };
  });
const endOf = ({ start }: { readonly start: string }): number => Date.parse(`${start}:00Z`) + STEP_MS;

function recorder(seed: number): Recorder {
  const settings = {
    template: new TopicTemplate('pm500/{client}/{site}/{meter}/{kind}', () => 'mill-1', AWS),
    naming: 'snake_case',
    withEvents: true,
  } as const;
  return new Recorder(settings, new Sequences(seededRandom(seed)), () => 0);
}

const named = (telemetry: Telemetry, name: string): Telemetry => ({
  ...telemetry,
  meter: { ...telemetry.meter, name, tags: { site: 'gwangyang', area: 'mill' } },
});

/** The payloads that iot-out publishes of a year: the counter, and what the KPIs work out of it. */
function publishedYear(): readonly string[] {
  const kpis = new KpiSet({ ...DEFAULT_KPI_SETTINGS, kpis: ['energy', 'demand'], periods: ['day'] });
  const records = recorder(1);
  let counter = 9_999_990_000;
  kpis.update(telemetryOf(endOf(ROWS[0] ?? assert.fail()) - STEP_MS, { active_energy_import_total: counter }));
  const texts = ROWS.flatMap((row) => {
    counter += row.wh;
    const telemetry = telemetryOf(endOf(row), {
      active_energy_import_total: counter,
      alarm_1: false,
      voltage_l1_n: null,
    });
    const metrics = { ...telemetry.metrics, ...kpis.update(telemetry) };
    return records.take(named({ ...telemetry, metrics }, 'main-incomer'));
  });
  const { messages } = pack(
    texts.map((payload) => ({ payload }) as Parameters<typeof pack>[0][number]),
    { payloadBytes: AWS.payloadBytes, records: 100 },
  );
  return messages.map(({ payload }) => payload.toString());
}

/** What the rule for batches makes of a payload. */
const unpacked = (payload: string): readonly unknown[] => IOT_BATCH.parse(JSON.parse(payload)).records;

describe('the lake', function () {
  this.timeout(180_000);
  let lake: ParquetLake;
  const repeated = { records: 0 };

  before(async () => {
    lake = await ParquetLake.open();
    const random = seededRandom(2);
    const messages = publishedYear().map((payload) => ({ at: random(), again: random() < 0.05, payload }));
    // A message whose acknowledgment was lost comes again, and after an outage old ones come after new ones.
    const late = messages.filter(({ at }) => at < 0.1);
    const again = messages.filter((each) => each.again);
    const arriving = [...messages.filter(({ at }) => at >= 0.1), ...late, ...again];
    repeated.records = again.reduce((sum, { payload }) => sum + unpacked(payload).length, 0);
    const third = Math.ceil(arriving.length / 3);
    for (let from = 0; from < arriving.length; from += third)
      assert.deepEqual(
        await lake.deliver(
          arriving.slice(from, from + third).flatMap(({ payload }) => unpacked(payload)),
          TABLE,
        ),
        [],
      );
    await lake.ready();
  });
  after(() => {
    lake.close();
  });

  it('has every record once by its key, and those that came twice twice', async () => {
    const [counted = assert.fail()] = await lake.query(
      `SELECT count(*) AS stored, count(DISTINCT (site, meter, time_ms, sequence, part)) AS once FROM pm500.records`,
    );
    assert.ok(repeated.records > 1000);
    assert.equal(Number(counted['stored']), ROWS.length + repeated.records);
    assert.equal(Number(counted['once']), ROWS.length);
    const twice = await lake.run('delivered-twice');
    assert.equal(
      twice.reduce((sum, each) => sum + Number(each['repetitions']), 0),
      repeated.records,
    );
  });

  it('says the energy of every day as the file does', async () => {
    const found = await lake.run('energy-per-day');
    assert.equal(found.length, 365);
    for (const { site, meter, energy_day: day, energy_kwh: kwh } of found) {
      assert.deepEqual([site, meter], ['gwangyang', 'main-incomer']);
      const wh = ROWS.filter((row) => row.day === day).reduce((sum, each) => sum + each.wh, 0);
      assert.ok(
        wh > 0 && Math.abs(Number(kwh) * 1000 - wh) < 1e-6,
        `${String(day)}: ${String(kwh)}, by the file ${wh / 1000}`,
      );
    }
  });

  it('says the peak of every month and its end as the file does', async () => {
    const found = await lake.run('peak-demand');
    assert.equal(found.length, 12);
    for (const { demand_month: month, peak_kw: peak, peak_end_ms: end } of found) {
      const rows = ROWS.filter((row) => row.month === String(month).slice(0, 7));
      const most = Math.max(...rows.map(({ wh }) => wh));
      assert.ok(Math.abs(Number(peak) - (most * 4) / 1000) < 1e-6, `${String(month)}: ${String(peak)}`);
      assert.ok(
        rows.some((row) => row.wh === most && endOf(row) === Number(end)),
        `${String(month)}: ${String(end)}`,
      );
    }
  });

  it('has rows in the partition of their own day, however late they came', async () => {
    const [wrong = assert.fail()] = await lake.query(
      `SELECT count(*) AS rows FROM pm500.records
       WHERE day <> strftime(make_timestamp(time_ms * 1000), '%Y-%m-%d') OR kind <> 'telemetry'`,
    );
    assert.equal(Number(wrong['rows']), 0);
  });

  it('has values in the types of the table, and none where a value was bad', async () => {
    const [row = assert.fail()] = await lake.query(
      `SELECT active_energy_import_total AS counter, alarm_1, voltage_l1_n, qualities['voltage_l1_n'] AS quality_of_it,
         reasons['voltage_l1_n'] AS reason_of_it, tags['area'] AS area, quality, spans['energy_delta_active_import_total'] AS span
       FROM pm500.records ORDER BY time_ms LIMIT 1`,
    );
    assert.deepEqual(row, {
      counter: 9_999_990_000 + (ROWS[0]?.wh ?? 0),
      alarm_1: false,
      voltage_l1_n: null,
      quality_of_it: 'bad',
      reason_of_it: 'read_failed',
      area: 'mill',
      quality: 'bad',
      span: STEP_MS,
    });
  });
});

describe('the lake, small', function () {
  this.timeout(60_000);
  let lake: ParquetLake;
  beforeEach(async () => {
    lake = await ParquetLake.open();
  });
  afterEach(() => {
    lake.close();
  });

  const at = Date.UTC(2018, 4, 4);
  const records = (count: number): readonly unknown[] => {
    const made = recorder(3);
    return Array.from({ length: count }, (_, step) =>
      made.take(named(telemetryOf(at + step * 1000, { frequency: 50 }), 'm1')),
    )
      .flat()
      .map((text): unknown => JSON.parse(text.slice(text.indexOf('\t') + 1)));
  };

  it('names what never arrived, and not where an edge started again', async () => {
    const sent = records(20);
    const again = (recorder(4).take(named(telemetryOf(at + 99_000, { frequency: 50 }), 'm1')) as string[]).map(
      (text): unknown => JSON.parse(text.slice(text.indexOf('\t') + 1)),
    );
    const first = (sent[0] as { readonly sequence: number }).sequence;
    await lake.deliver([...sent.slice(0, 5), ...sent.slice(8), ...again], TABLE);
    await lake.ready();
    const found = await lake.run('missing-records');
    assert.deepEqual(
      found.map((each) => [Number(each['first_missing']), Number(each['missing'])]),
      [[first + 5, 3]],
    );
  });

  it('counts what has no site, or another one, with the rest of its meter', async () => {
    const sent = records(6).map((each, place) => ({
      ...(each as object),
      tags: place === 2 ? {} : { site: place === 4 ? 'elsewhere' : 'here' },
    }));
    await lake.deliver(sent, TABLE);
    await lake.ready();
    assert.deepEqual(await lake.run('missing-records'), []);
  });

  const HOUR_MS = 3_600_000;
  /** Deltas of one meter: when they were read, what was used, and for how long; without `span` nobody knows. */
  const used = (rows: readonly { readonly at: number; readonly wh: number; readonly span?: number }[]): object[] =>
    rows.map(({ at: timestamp, wh, span }, place) => ({
      ...(records(1)[0] as object),
      ...{ timestamp, sequence: place, metrics: { energy_delta_active_import_total: wh } },
      ...(span === undefined ? {} : { spans: { energy_delta_active_import_total: span } }),
    }));
  const peaks = async (): Promise<readonly (readonly [month: string, kw: number, endMs: number])[]> =>
    (await lake.run('peak-demand')).map(
      ({ demand_month: month, peak_kw: peak, peak_end_ms: end }): readonly [string, number, number] => [
        String(month).slice(0, 7),
        Math.round(Number(peak) * 1e6) / 1e6,
        Number(end),
      ],
    );

  it('takes the energy of a gap for no peak, and says how long the gap of a day was', async () => {
    const rows = [
      { at: at + HOUR_MS / 4, wh: 100, span: HOUR_MS / 4 },
      // A weekend without readings, and a clock that nobody trusts.
      { at: at + 60 * HOUR_MS, wh: 90_000, span: 60 * HOUR_MS - HOUR_MS / 4 },
      { at: at + 61 * HOUR_MS, wh: 50_000, span: 0 },
      { at: at + 62 * HOUR_MS, wh: 50_000 },
    ];
    await lake.deliver(used(rows), TABLE);
    await lake.ready();
    assert.deepEqual(await peaks(), [['2018-05', 0.4, at + HOUR_MS / 4]]);
    const days = await lake.run('energy-per-day');
    assert.deepEqual(
      days.map(({ energy_day: day, energy_kwh: kwh, longest_gap_h: gap }) => [day, Number(kwh), Number(gap)]),
      [
        ['2018-05-04', 0.1, 0.25],
        ['2018-05-06', 190, 59.75],
      ],
    );
  });

  it('shares a delta out where it began in the quarter before, so that the minute of reading changes no peak', async () => {
    // 6 kW all the time, read each 10 minutes and 7 seconds: no peak is higher.
    const step = 607_000;
    const rows = Array.from({ length: 30 }, (_, place) => ({ at: at + place * step, wh: step / 600, span: step }));
    await lake.deliver(used(rows), TABLE);
    await lake.ready();
    assert.deepEqual(
      (await peaks()).map(([, kw]) => kw),
      [6],
    );
  });

  it('shows whole days and months only: what belongs to the one before and after the chosen ones is not there', async () => {
    const [first, last] = [Date.UTC(2018, 0), Date.UTC(2019, 0)];
    const quarter = HOUR_MS / 4;
    const rows = [first, first + quarter, last, last + quarter].map((time) => ({ at: time, wh: 250, span: quarter }));
    await lake.deliver(used(rows), TABLE);
    await lake.ready();
    assert.deepEqual(
      (await lake.run('energy-per-day')).map(({ energy_day: day, energy_kwh: kwh }) => [day, Number(kwh)]),
      [
        ['2018-01-01', 0.25],
        ['2018-12-31', 0.25],
      ],
    );
    assert.deepEqual(await peaks(), [
      ['2018-01', 1, first + quarter],
      ['2018-12', 1, last],
    ]);
  });

  it('a metric that came later has its column, and what was before stays readable', async () => {
    const record = records(1)[0] as object;
    const withNew = { ...record, timestamp: at + 5000, metrics: { frequency: 50, brand_new: 7 } };
    const later: LakeTable = {
      ...TABLE,
      columns: [...TABLE.columns, { name: 'brand_new', type: 'double', comment: 'Brand new' }],
    };
    // Before the column was there its values are kept beside.
    await lake.deliver([record, withNew], TABLE);
    await lake.ready();
    const [before] = await lake.query('SELECT other_metrics FROM pm500.records WHERE other_metrics IS NOT NULL');
    assert.equal(before?.['other_metrics'], '{"brand_new":7}');
    await lake.deliver([{ ...withNew, timestamp: at + 6000 }], later);
    await lake.ready();
    const rows = await lake.query('SELECT frequency FROM pm500.records');
    assert.deepEqual(
      rows.map((each) => each['frequency']),
      [50, 50, 50],
    );
    // The columns of the table as it is now are there for all files.
    const [counted = assert.fail()] = await lake.query(
      'SELECT count(*) AS all_rows, count(brand_new) AS with_it FROM pm500.records',
    );
    assert.equal(Number(counted['all_rows']), 3);
    assert.equal(Number(counted['with_it']), 1);
  });

  it('alarms and events lie beside telemetry, whole', async () => {
    const made = recorder(5);
    const script = new AlarmScript({
      id: 'high',
      metric: 'frequency',
      condition: 'above',
      limit: 51,
      severity: 'warning',
    });
    const messages = script.see('frequency', 52);
    const texts = messages.flatMap((message) => made.take(message));
    assert.ok(texts.length > 0);
    const sent = texts.map((text): unknown => JSON.parse(text.slice(text.indexOf('\t') + 1)));
    assert.deepEqual(await lake.deliver([...sent, ...records(1)], TABLE), []);
    await lake.ready();
    const rows = await lake.query("SELECT content FROM pm500.records WHERE kind = 'alarm'");
    assert.equal(rows.length, sent.length);
    const { event } = sent[0] as { readonly event: string };
    assert.equal((JSON.parse(String(rows[0]?.['content'])) as { readonly event: string }).event, event);
  });

  it('a value that does not fit its column, and a name that has none, is kept beside', async () => {
    const record = records(1)[0] as object;
    const metrics = { frequency: 'fast', activePowerTotal: 3, tariff_energy_night_day: 4, alarm_1: 1, alarm_2: true };
    await lake.deliver([{ ...record, metrics }], TABLE);
    await lake.ready();
    const [row] = await lake.query('SELECT frequency, alarm_1, alarm_2, other_metrics FROM pm500.records');
    assert.deepEqual(row, {
      frequency: null,
      alarm_1: null,
      alarm_2: true,
      other_metrics: '{"frequency":"fast","activePowerTotal":3,"tariff_energy_night_day":4,"alarm_1":1}',
    });
  });

  it('a record in parts is a row for each, and both are kept', async () => {
    const [record = assert.fail()] = records(1) as readonly object[];
    const parts = [1, 2].map((number) => ({ ...record, part: { number, count: 2 } }));
    await lake.deliver([...parts, parts[0]], TABLE);
    await lake.ready();
    assert.deepEqual(
      (await lake.run('delivered-twice')).map((each) => Number(each['repetitions'])),
      [1],
    );
    const rows = await lake.query('SELECT DISTINCT part, parts FROM pm500.records ORDER BY part');
    assert.deepEqual(rows, [
      { part: 1, parts: 2 },
      { part: 2, parts: 2 },
    ]);
  });

  it('what is no record is given back as it came', async () => {
    const bad = [
      { schema: 'other/1' },
      'text',
      null,
      7,
      [],
      { ...(records(1)[0] as object), timestamp: 5 },
      { ...(records(1)[0] as object), timestamp: null },
    ];
    const refused = await lake.deliver([...bad, ...records(1)], TABLE);
    assert.deepEqual(refused, bad);
    const [line = assert.fail()] = lake.log;
    assert.equal((JSON.parse(line) as { readonly RefusedRecords: number }).RefusedRecords, bad.length);
  });
});

describe('a record of a day that no query sees', () => {
  const NOW = Date.UTC(2026, 4, 10, 23, 59);
  const maker = new RowMaker(TABLE, () => NOW);
  const at = (timestamp: number): unknown => ({ schema: 'pm500.iot-telemetry/1', meter: 'm', timestamp, metrics: {} });
  const ofDay = (timestamp: number): string => {
    try {
      return maker.rowOf(at(timestamp)).day;
    } catch (thrown) {
      return thrown instanceof Error ? thrown.message : 'no error';
    }
  };

  it('is refused at both ends of the range, which is that of the table', () => {
    assert.equal(ofDay(Date.parse(FIRST_DAY)), FIRST_DAY);
    assert.match(ofDay(Date.parse(FIRST_DAY) - 1), /of no day from 2018-01-01 to tomorrow/);
    assert.equal(ofDay(Date.UTC(2026, 4, 12) - 1), '2026-05-11');
    assert.match(ofDay(Date.UTC(2026, 4, 12)), /of no day from/);
  });

  it('is kept as it came, and counted', () => {
    const data = Buffer.from(JSON.stringify(at(NOW + 366 * 86_400_000))).toString('base64');
    const log: string[] = [];
    const { records: answers } = transform({ records: [{ recordId: '1', data }] }, maker, (line) => log.push(line));
    assert.deepEqual(answers, [{ recordId: '1', result: 'ProcessingFailed', data }]);
    assert.match(log.join(), /"RefusedRecords":1,"reasons":\["Its timestamp is/);
  });
});
