import assert from 'node:assert/strict';
import { LineMapper } from '../../src/influx/line-mapper';
import { createInfluxDestination } from '../../src/influx/destination';
import { Delivery } from '../../src/delivery/delivery';
import { normalizeReading } from '../../src/domain/quality/normalize';
import { MemoryOutbox } from '../../src/outbox/memory';
import { systemClock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { seededRandom } from '../../src/support/random';
import { sampleReading, READ_AT } from '../../testkit/meters/readings';
import { startVictoriaMetrics, type VictoriaMetrics } from '../../testkit/servers/victoria-metrics';
import { waitFor } from '../../testkit/wait';

const MEASUREMENT = 'powermonitor_500';

describe('delivery to a real VictoriaMetrics', () => {
  let database: VictoriaMetrics;
  let outbox: MemoryOutbox;
  let target: Delivery;

  before(async () => {
    database = await startVictoriaMetrics();
  });

  after(async () => {
    await database.stop();
  });

  beforeEach(() => {
    outbox = new MemoryOutbox({ maximumBytes: 1e8 }, systemClock);
    const destination = createInfluxDestination(
      { url: database.url, endpoint: { api: 'v2', org: 'o', bucket: 'b', token: '' }, timeoutMs: 5000 },
      systemClock,
    );
    const batch = { records: 1000, bytes: 1_000_000, flushMs: 20 };
    const retry = { initialMs: 20, maximumMs: 100, factor: 2, jitter: 0.3 };
    const settings = { batch, retry, recheckMs: 100 };
    target = new Delivery(settings, {
      outbox,
      destination,
      clock: systemClock,
      random: Math.random,
      logger: silentLogger,
    });
  });

  afterEach(async () => {
    await target.close();
  });

  it('brings every number of a telemetry into the database, under its name, tags and time', async () => {
    const telemetry = normalizeReading(sampleReading([101, 102], seededRandom(5)));
    const { lines, leftOut } = new LineMapper().map(telemetry, { influxMeasurement: MEASUREMENT, timestamp: 0 });
    assert.equal(leftOut, 0);
    await target.submitAndWait(lines, 'test');
    const series = await database.export(`{meter="${telemetry.meter.name}"}`);
    const found = new Map(series.map((one) => [one.metric['__name__'], one]));
    const expected = Object.entries(telemetry.metrics).filter(([, sample]) => typeof sample.value === 'number');
    assert.ok(expected.length > 20);
    for (const [name, sample] of expected) {
      const one = found.get(`${MEASUREMENT}_${name}`);
      assert.ok(one, name);
      assert.deepEqual(one.timestamps, [READ_AT], name);
      const [value = NaN] = one.values;
      // This database keeps about 13 digits of a float.
      assert.ok(Math.abs(value - Number(sample.value)) <= 1e-12 * Math.abs(value), `${name} ${value}`);
      const { site, area, line, asset } = telemetry.meter.tags;
      assert.deepEqual(
        [one.metric['site'], one.metric['area'], one.metric['line'], one.metric['asset'], one.metric['quality']],
        [site, area, line, asset, sample.quality],
      );
    }
  });

  it('keeps tags whole that hold delimiters, backslashes and other alphabets', async () => {
    const tags = { room: 'a, b=c "d"', path: 'C:\\plant\\,x', city: '광양 ☃', last: 'end\\' };
    const point = { measurement: 'escapes', fields: { value: 1 }, tags, timestamp: READ_AT };
    await target.submitAndWait(new LineMapper().map([point], { influxMeasurement: '', timestamp: 0 }).lines, 'test');
    const [series] = await database.export('{__name__="escapes_value"}');
    assert.deepEqual(series?.metric, { __name__: 'escapes_value', ...tags, last: 'end\\ ' });
  });

  it('has every point once after the database was stopped and started while points came', async () => {
    const pointsPerStep = 500;
    let next = 0;
    const submit = async (): Promise<void> => {
      const lines = Array.from(
        { length: pointsPerStep },
        (_, at) => `outage,t=x f=${next + at} ${READ_AT + next + at}`,
      );
      next += pointsPerStep;
      await target.submit(lines, 'test');
    };
    await submit();
    await waitFor('the first points', () => target.stats.written > 0);
    await submit();
    await database.halt();
    await submit();
    await waitFor('the outage to be noticed', () => target.stats.state === 'retrying');
    await submit();
    assert.ok(outbox.stats().depth >= 2 * pointsPerStep);
    await database.resume();
    await submit();
    await waitFor('all points', () => outbox.stats().depth === 0);
    const [series] = await database.export('{__name__="outage_f"}');
    assert.deepEqual(
      series?.values,
      Array.from({ length: next }, (_, at) => at),
    );
    assert.equal(target.stats.refused, 0);
  });
});
