import assert from 'node:assert/strict';
import type { Value } from '../../src/domain/messages/reading';
import type { Telemetry } from '../../src/domain/messages/telemetry';
import { LineMapper } from '../../src/influx/line-mapper';
import { DEFAULT_MAPPING, POINT_SHAPES, QUALITY_PLACES, type Mapping } from '../../src/influx/mapping';
import { createInfluxDestination } from '../../src/influx/destination';
import { Delivery } from '../../src/delivery/delivery';
import type { Refusal } from '../../src/delivery/refusals';
import { CATALOG } from '../../src/metrics/catalog';
import { ALL_METRICS, DERIVED_METRICS } from '../../src/metrics/derived-metrics';
import type { Metric } from '../../src/metrics/measurement';
import { splitPhase } from '../../src/metrics/phases';
import { MemoryOutbox } from '../../src/outbox/memory';
import { systemClock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { seededRandom } from '../../src/support/random';
import { AlarmScript } from '../../testkit/meters/alarms';
import { startInfluxDb, type InfluxDb, type QuerySeries } from '../../testkit/servers/influxdb';
import { sampleOf, telemetryOf } from '../../testkit/meters/telemetry';
import { pickOne } from '../../testkit/pick-one';

const DATABASE = 'energy';
const START = 1_767_600_000_000;
const TAGS = { site: 'Gwangyang 광양', area: 'melt, hall=2', line: '1', asset: 'C:\\feeders\\a' };

type Row = Readonly<Record<string, unknown>>;

/** The rows of all series, each with its tags. */
const rowsOf = (series: readonly QuerySeries[]): readonly Row[] =>
  series.flatMap(({ tags, columns, values }) =>
    values.map((row) => ({ ...tags, ...Object.fromEntries(columns.map((column, at) => [column, row[at]])) })),
  );

/** What has a value: a database answers null for a field that a point does not have. */
const present = (row: Row = {}): Row => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));

describe('telemetry, KPIs and alarms in a real InfluxDB 1', () => {
  let database: InfluxDb;
  let target: Delivery;
  const rejected: Refusal[] = [];

  before(async () => {
    database = await startInfluxDb();
    await database.query(`CREATE DATABASE ${DATABASE}`);
    const endpoint = { api: 'v1', database: DATABASE, retentionPolicy: '', user: '', password: '' } as const;
    target = new Delivery(
      {
        batch: { records: 1000, bytes: 1_000_000, flushMs: 5 },
        retry: { initialMs: 10, maximumMs: 100, factor: 2, jitter: 0.3 },
        recheckMs: 50,
      },
      {
        outbox: new MemoryOutbox({ maximumBytes: 1e8 }, systemClock),
        destination: createInfluxDestination({ url: database.url, endpoint, timeoutMs: 10_000 }, systemClock),
        clock: systemClock,
        random: seededRandom(4),
        logger: silentLogger,
      },
    );
    target.onRefused('test', (found) => rejected.push(found));
  });

  after(async () => {
    await target.close();
    await database.stop();
  });

  afterEach(() => {
    assert.deepEqual(rejected.splice(0), []);
  });

  /** Writes messages as an influx-out node with these settings does. */
  async function write(messages: readonly unknown[], influxMeasurement: string, mapping?: Mapping): Promise<void> {
    const mapper = new LineMapper(mapping);
    const lines = messages.flatMap((message) => {
      const mapped = mapper.map(JSON.parse(JSON.stringify(message)), { influxMeasurement, timestamp: 0 });
      assert.equal(mapped.leftOut, 0);
      return mapped.lines;
    });
    await target.submitAndWait(lines, 'test');
  }

  const read = async (influxMeasurement: string): Promise<readonly Row[]> =>
    rowsOf(await database.query(`SELECT * FROM "${influxMeasurement}" GROUP BY *`, DATABASE));

  /** Every field with its types; a field of several types has several. */
  const typesOf = async (influxMeasurement: string): Promise<Readonly<Record<string, readonly string[]>>> => {
    const found: Record<string, string[]> = {};
    for (const row of rowsOf(await database.query(`SHOW FIELD KEYS FROM "${influxMeasurement}"`, DATABASE)))
      (found[String(row['fieldKey'])] ??= []).push(String(row['fieldType']));
    return found;
  };

  const valueOf = ({ influxType }: Metric, number: number): Value => {
    if (influxType === 'boolean') return number % 2 === 1;
    return influxType === 'string' ? `text "${number}"\\` : number;
  };
  const telemetry = (timestamp: number, number: number, metrics: readonly Metric[] = ALL_METRICS): Telemetry => {
    const values = Object.fromEntries(metrics.map((metric) => [metric.name, valueOf(metric, number)]));
    const made = telemetryOf(timestamp, values);
    return { ...made, meter: { ...made.meter, tags: TAGS } };
  };

  it('keep every value under its name, KPIs in a measurement of their own, all with the same tags and time', async () => {
    await write([telemetry(START, 7.25)], 'whole');
    for (const [name, metrics] of [
      ['whole', CATALOG],
      ['whole_kpi', DERIVED_METRICS],
    ] as const) {
      const [row, ...others] = await read(name);
      assert.deepEqual(others, []);
      const values = Object.fromEntries(metrics.map((metric) => [metric.name, valueOf(metric, 7.25)]));
      assert.deepEqual(row, { ...TAGS, meter: 'm1', quality: 'good', time: START, ...values });
    }
  });

  for (const shape of POINT_SHAPES) {
    for (const quality of QUALITY_PLACES) {
      it(`give every field the type of the table, whatever comes in it (${shape}, quality: ${quality})`, async () => {
        const name = `types_${shape}_${quality}`;
        const random = seededRandom(9);
        const messages = Array.from({ length: 30 }, (_, at) => {
          const given = telemetry(START + at * 1000, [0, 1, 7.5, -1e-9, 1e15][at % 5] ?? 0);
          const metrics = Object.entries(given.metrics).map(([metric, sample]) => {
            const chance = random();
            if (chance < 0.2) return [metric, sampleOf(metric, null, given.timestamp)] as const;
            return [metric, chance < 0.4 ? { ...sample, quality: 'uncertain' } : sample] as const;
          });
          return { ...given, metrics: Object.fromEntries(metrics) };
        });
        await write(messages, name, { shape, quality });
        const fieldOf = (metric: string): string => (shape === 'wide' ? metric : splitPhase(metric).base);
        for (const [measurement, metrics] of [
          [name, CATALOG],
          [`${name}_kpi`, DERIVED_METRICS],
        ] as const) {
          const expected: Record<string, readonly string[]> = { bad_read_failed: ['float'] };
          for (const metric of metrics) expected[fieldOf(metric.name)] = [metric.influxType];
          if (quality === 'field') expected['quality_code'] = ['float'];
          assert.deepEqual(await typesOf(measurement), expected);
        }
      });
    }
  }

  it('tell good, uncertain and missing values apart, by tag and by code', async () => {
    const known = telemetryOf(START, { voltage_l1_n: 230, voltage_unbalance: 1.5 });
    const mixed = {
      ...known,
      timestamp: START + 1000,
      metrics: {
        ...known.metrics,
        voltage_l2_n: sampleOf('voltage_l2_n', 229, START, { quality: 'uncertain' }),
        voltage_l3_n: sampleOf('voltage_l3_n', null, START),
      },
    };
    const lost = { ...telemetryOf(START + 2000, { voltage_l1_n: null, voltage_unbalance: null }) };

    await write([known, mixed, lost], 'tagged', { shape: 'wide', quality: 'tag' });
    const tagged = (await read('tagged')).map(present);
    const byTag = (quality: string): readonly Row[] => tagged.filter((row) => row['quality'] === quality);
    assert.deepEqual(byTag('good'), [
      { meter: 'm1', quality: 'good', time: START, voltage_l1_n: 230 },
      { meter: 'm1', quality: 'good', time: START + 1000, voltage_l1_n: 230 },
    ]);
    assert.deepEqual(byTag('uncertain'), [
      { meter: 'm1', quality: 'uncertain', time: START + 1000, voltage_l2_n: 229 },
    ]);
    assert.deepEqual(byTag('bad'), [
      { meter: 'm1', quality: 'bad', time: START + 1000, bad_read_failed: 1 },
      { meter: 'm1', quality: 'bad', time: START + 2000, bad_read_failed: 1 },
    ]);
    const kpis = (await read('tagged_kpi')).map((row) => [row['time'], row['quality'], row['voltage_unbalance']]);
    assert.deepEqual(kpis.sort(), [
      [START, 'good', 1.5],
      [START + 1000, 'good', 1.5],
      [START + 2000, 'bad', null],
    ]);

    await write([known, mixed, lost], 'coded', { shape: 'wide', quality: 'field' });
    assert.deepEqual((await read('coded')).map(present), [
      { meter: 'm1', time: START, quality_code: 192, voltage_l1_n: 230 },
      {
        meter: 'm1',
        time: START + 1000,
        quality_code: 64,
        voltage_l1_n: 230,
        voltage_l2_n: 229,
        bad_read_failed: 1,
      },
      { meter: 'm1', time: START + 2000, quality_code: 0, bad_read_failed: 1 },
    ]);
    const codes = (await read('coded_kpi')).map((row) => row['quality_code']);
    assert.deepEqual(codes, [192, 192, 0]);
  });

  it('keep an alarm message as it was written, and its life in order', async () => {
    const message = 'Überlast "Ofen 2", C:\\werk\\: I > 100 A = zu viel 광양 ☃ \\';
    const rule = { id: 'overload', metric: 'current_l1', condition: 'above', limit: 100, latching: true, message };
    const script = new AlarmScript({ ...rule, severity: 'critical' });
    const life = [
      ...script.see('current_l1', 150.5),
      ...script.command('acknowledge'),
      ...script.see('current_l1', 50),
      script.list(),
      ...script.command('reset'),
    ];
    await write(life, 'life');
    const rows = (await read('life_alarm')).map(present);
    for (const row of rows) {
      const { meter, site, alarm, severity } = row;
      assert.deepEqual([meter, site, alarm, severity], ['m1', 's', 'overload', 'critical']);
      assert.deepEqual([row['message'], row['metric'], row['limit']], [message, 'current_l1', 100]);
      assert.equal(row['since'], life[0]?.timestamp);
    }
    assert.deepEqual(
      rows.map((row) => [row['event'], row['active'], row['acknowledged'], row['latched'], row['quality']]),
      [
        ['raised', 1, false, false, 'good'],
        ['acknowledged', 1, true, false, 'good'],
        ['list', 1, true, true, 'good'],
        ['cleared', 0, true, false, 'good'],
      ],
    );
    assert.equal(rows[0]?.['value'], 150.5);
    const [share] = await database.query('SELECT MEAN(active) FROM life_alarm', DATABASE);
    assert.equal(share?.values[0]?.[1], 0.75);
  });

  it('write a message of several lines as one', async () => {
    const rule = { id: 'two', metric: 'current_l1', condition: 'above', limit: 1, message: 'First\nsecond\r\nthird' };
    await write(new AlarmScript(rule).see('current_l1', 2), 'lines');
    const [row, ...others] = await read('lines_alarm');
    assert.deepEqual(others, []);
    assert.equal(row?.['message'], 'First\\nsecond\\r\\nthird');
  });

  it('never change the type of a field, whatever alarms on numbers, states, texts and missing values do', async () => {
    const rules = [
      { id: 'above', metric: 'current_l1', condition: 'above', limit: 100, latching: true },
      { id: 'outside', metric: 'frequency', condition: 'outside', low: 59, high: 61 },
      { id: 'state', metric: 'alarm_1', condition: 'equal', limit: true },
      { id: 'number', metric: 'current_l2', condition: 'equal', limit: 7 },
      { id: 'text', metric: 'tariff_period', condition: 'equal', limit: 'peak' },
      { id: 'changed', metric: 'tariff_period', condition: 'changed', latching: true },
      { id: 'missing', metric: 'current_l1', condition: 'missing', onDelaySeconds: 1, severity: 'critical' },
    ];
    const script = new AlarmScript(...rules);
    const choices: readonly (readonly [string, readonly Value[]])[] = [
      ['current_l1', [0, 50, 150.5, 1e6, null]],
      ['frequency', [60, 58.5, 62, null]],
      ['alarm_1', [true, false, null]],
      ['current_l2', [7, 8.5, null]],
      ['tariff_period', ['peak', 'night', 'true', '7', null]],
    ];
    const random = seededRandom(11);
    const messages = Array.from({ length: 600 }, () => {
      const [metric, values] = pickOne(random, choices);
      const chance = random();
      if (chance < 0.1) return script.command('acknowledge');
      if (chance < 0.2) return script.command('reset');
      return chance < 0.3 ? [script.list()] : script.see(metric, pickOne(random, values));
    }).flat();
    const events = new Set(messages.map(({ event }) => event));
    assert.deepEqual([...events].sort(), ['acknowledged', 'cleared', 'judged', 'list', 'raised', 'unjudged']);
    const raised = new Set(messages.map(({ alarm }) => alarm?.id).filter((id) => id !== undefined));
    assert.deepEqual([...raised].sort(), rules.map(({ id }) => id).sort());

    await write(messages, 'mixed', DEFAULT_MAPPING);
    const expected: Readonly<Record<string, string>> = {
      active: 'float',
      raised: 'float',
      acknowledged: 'boolean',
      latched: 'boolean',
      event: 'string',
      message: 'string',
      metric: 'string',
      quality: 'string',
      since: 'float',
      value: 'float',
      state: 'string',
      limit: 'float',
      judged: 'boolean',
      unjudged_since: 'float',
      reason: 'string',
    };
    const types = Object.entries(await typesOf('mixed_alarm'));
    assert.deepEqual(Object.fromEntries(types.map(([field, found]) => [field, found.join()])), expected);
  });
});
