import assert from 'node:assert/strict';
import type { Endpoint } from '../../src/influx/endpoint';
import { checkHealth } from '../../src/influx/health';
import { LineMapper } from '../../src/influx/line-mapper';
import type { FieldValue } from '../../src/influx/line-protocol';
import { createInfluxDestination } from '../../src/influx/destination';
import type { SenderSettings } from '../../src/influx/sender';
import { Delivery } from '../../src/delivery/delivery';
import type { Refusal } from '../../src/delivery/refusals';
import { MemoryOutbox } from '../../src/outbox/memory';
import { systemClock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { seededRandom } from '../../src/support/random';
import { FaultProxy } from '../../testkit/links/fault-proxy';
import { startInfluxDb, type InfluxDb } from '../../testkit/servers/influxdb';
import { waitFor } from '../../testkit/wait';

const DATABASE = 'energy';
const ADMIN = { user: 'admin', password: 'a "secret"' };
const START = 1_767_600_000_000;

describe('delivery to a real InfluxDB 1', () => {
  let database: InfluxDb;
  let proxy: FaultProxy;
  let proxyUrl: string;
  let outbox: MemoryOutbox;
  let target: Delivery;
  const rejected: Refusal[] = [];

  before(async () => {
    database = await startInfluxDb({ admin: ADMIN });
    await database.query(`CREATE DATABASE ${DATABASE}`);
    proxy = new FaultProxy(database.url);
    proxyUrl = await proxy.start();
  });

  after(async () => {
    await proxy.stop();
    await database.stop();
  });

  const v1 = (over: object = {}): Endpoint => ({
    api: 'v1',
    database: DATABASE,
    retentionPolicy: '',
    ...ADMIN,
    ...over,
  });

  const open = (settings: Partial<SenderSettings> = {}, maximumInFlight = 1): Delivery => {
    outbox = new MemoryOutbox({ maximumBytes: 1e8 }, systemClock);
    rejected.length = 0;
    const connection = { url: proxyUrl, endpoint: v1(), timeoutMs: 5000, connections: maximumInFlight };
    const destination = createInfluxDestination({ ...connection, ...settings }, systemClock);
    const batch = { records: 1000, bytes: 1_000_000, flushMs: 10 };
    const retry = { initialMs: 10, maximumMs: 100, factor: 2, jitter: 0.3 };
    target = new Delivery(
      { batch, retry, recheckMs: 50, maximumInFlight },
      { outbox, destination, clock: systemClock, random: seededRandom(2), logger: silentLogger },
    );
    target.onRefused('test', (found) => rejected.push(found));
    return target;
  };

  afterEach(async () => {
    await target.close();
    proxy.faults.length = 0;
  });

  const numbered = (name: string, from: number, to: number): string[] =>
    Array.from({ length: to - from }, (_, at) => `${name} f=${from + at} ${START + from + at}`);

  /** Every point once and in order. */
  const assertStored = async (name: string, count: number): Promise<void> => {
    const [series] = await database.query(`SELECT f FROM "${name}"`, DATABASE);
    assert.deepEqual(
      series?.values,
      Array.from({ length: count }, (_, at) => [START + at, at]),
    );
  };

  it('reads back names, tags and values of every type as they were given', async () => {
    open();
    const text = 'é "quoted" \\ back, and = space \\';
    const fields: Record<string, FieldValue> = {
      float: 1.5e-9,
      whole: 7,
      integer: 9007199254740993n,
      yes: true,
      no: false,
      text,
      'a, b=c': -0.25,
      'C:\\x\\,y': 3,
      光: 1,
    };
    const tags = { 'k, =e': 'v, =x', path: 'C:\\plant\\a', city: '광양 ☃', inner: 'a\\ b' };
    const point = { measurement: 'strict, =m', fields, tags, timestamp: START };
    const { lines, leftOut } = new LineMapper().map([point], { influxMeasurement: '', timestamp: 0 });
    assert.equal(leftOut, 0);
    await target.submitAndWait(lines, 'test');
    const [series] = await database.query('SELECT * FROM "strict, =m" GROUP BY *', DATABASE);
    // Backslashes before a special character are doubled, so that no server takes the character for a delimiter.
    assert.deepEqual(series?.tags, { ...tags, inner: 'a\\\\ b' });
    const row = Object.fromEntries(series.columns.map((column, at) => [column, series.values[0]?.[at]]));
    assert.equal(row['C:\\x\\\\,y'], fields['C:\\x\\,y']);
    // An integer beyond 2^53 does not come whole through JSON.
    const others = Object.entries(fields).filter(([name]) => name !== 'C:\\x\\,y' && name !== 'integer');
    for (const [name, value] of others) assert.equal(row[name], value, name);
    const [types] = await database.query('SHOW FIELD KEYS FROM "strict, =m"', DATABASE);
    const typeOf = Object.fromEntries((types?.values ?? []).map(([name, type]) => [String(name), type]));
    const expected = { float: 'float', whole: 'float', integer: 'integer', yes: 'boolean', text: 'string' };
    for (const [name, type] of Object.entries(expected)) assert.equal(typeOf[name], type, name);
  });

  for (const precision of ['ns', 'us', 'ms', 's'] as const) {
    it(`means the same time in ${precision}, compressed`, async () => {
      open({ precision, gzip: true });
      await target.submitAndWait(
        Array.from({ length: 200 }, (_, at) => `precision_${precision} f=${at} ${START + at * 1000}`),
        'test',
      );
      const [series] = await database.query(`SELECT f FROM precision_${precision}`, DATABASE);
      assert.deepEqual([series?.values.length, series?.values[199]], [200, [START + 199_000, 199]]);
    });
  }

  it('parks only the bad lines among thousands, and names a field type conflict', async () => {
    open();
    await target.submitAndWait(['bad f=0 1', 'typed g=1 1'], 'test');
    const lines = numbered('among', 0, 5000);
    lines.splice(1234, 0, 'no line protocol');
    lines.splice(2000, 0, 'typed g="text" 2');
    lines.splice(4000, 0, 'among f=1');
    lines[4000] = 'among f= 5';
    await target.submit(lines, 'test');
    await waitFor('all lines', () => outbox.stats().depth === 0);
    assert.deepEqual(
      rejected.map(({ payload }) => payload),
      ['no line protocol', 'typed g="text" 2', 'among f= 5'],
    );
    assert.match(rejected[1]?.reason.message ?? '', /the field g is float in the database and came as string/);
    const [series] = await database.query('SELECT COUNT(f), SUM(f) FROM among', DATABASE);
    assert.deepEqual(series?.values[0]?.slice(1), [5000, (4999 * 5000) / 2]);
  });

  it('has no point twice when replies are lost after the write was applied', async () => {
    // Longer than a write takes on a busy computer: no other reply may be missed.
    open({ timeoutMs: 2000 });
    proxy.applied = 0;
    proxy.faults.push(
      { kind: 'swallow the reply' },
      { kind: 'cut after it was applied' },
      { kind: 'swallow the reply' },
    );
    await target.submit(numbered('late', 0, 300), 'test');
    await waitFor('all lines', () => outbox.stats().depth === 0);
    assert.equal(proxy.applied, 3);
    assert.equal(target.stats.retries, 3);
    await assertStored('late', 300);
  });

  it('waits through bursts of 429 and 503', async () => {
    open({}, 3);
    const busy = { kind: 'answer', status: 503 } as const;
    const limited = { kind: 'answer', status: 429, headers: { 'retry-after': '0' } } as const;
    for (let count = 0; count < 10; count += 1) proxy.faults.push(busy, limited);
    await target.submit(numbered('burst', 0, 4500), 'test');
    await waitFor('all lines', () => outbox.stats().depth === 0);
    assert.equal(target.stats.retries, 20);
    assert.equal(rejected.length, 0);
    await assertStored('burst', 4500);
  });

  it('has every point once after the database was killed and started while points came', async () => {
    open({}, 2);
    await target.submitAndWait(numbered('outage', 0, 500), 'test');
    await database.kill();
    await target.submit(numbered('outage', 500, 3000), 'test');
    await waitFor('the outage to be noticed', () => target.stats.state === 'retrying');
    await database.resume();
    await target.submit(numbered('outage', 3000, 3500), 'test');
    await waitFor('all points', () => outbox.stats().depth === 0);
    await assertStored('outage', 3500);
  });

  it('says on deployment what is wrong, without writing anything', async () => {
    open();
    const check = async (over: Partial<SenderSettings>): Promise<string> => {
      const settings = { url: database.url, endpoint: v1(), timeoutMs: 5000, ...over };
      const health = await checkHealth(settings, systemClock, new AbortController().signal);
      return health.healthy ? health.server : `${health.problem}: ${health.error.message}`;
    };
    assert.match(await check({}), /^InfluxDB 1\.\d/);
    assert.match(await check({ endpoint: v1({ database: 'nowhere' }) }), /^refused: .*database not found.*check URL/);
    assert.match(await check({ endpoint: v1({ password: 'no' }) }), /^refused: .*401.*check the user and password/);
    assert.match(await check({ url: 'http://127.0.0.1:1' }), /^unreachable: .*nothing listens there/);
    assert.match(await check({ url: 'http://no.such.host.invalid' }), /^unreachable: .*(no such host|name server)/);
    assert.match(
      await check({ url: database.url.replace('http:', 'https:') }),
      /^unreachable: .*plain HTTP; write http:/,
    );
  });

  it('holds on a wrong password, a missing database and a missing retention policy, and goes on when it is there', async () => {
    open({ endpoint: v1({ password: 'wrong' }) });
    await target.submit(numbered('held', 0, 5), 'test');
    await waitFor('the refusal', () => target.stats.state === 'held');
    assert.match(target.stats.lastError?.message ?? '', /answered 401 .*check the user and password/);
    assert.equal((await target.close()).depth, 5);

    open({ endpoint: v1({ database: 'later' }) });
    await target.submit(numbered('held', 0, 5), 'test');
    await waitFor('the refusal', () => target.stats.state === 'held');
    assert.match(target.stats.lastError?.message ?? '', /database not found.*check URL, database and retention/);
    await database.query('CREATE DATABASE later');
    await waitFor('the lines', () => outbox.stats().depth === 0);
    await target.close();

    open({ endpoint: v1({ retentionPolicy: 'raw' }) });
    await target.submit(numbered('held', 0, 5), 'test');
    await waitFor('the refusal', () => target.stats.state === 'held');
    assert.match(target.stats.lastError?.message ?? '', /retention policy not found.*check the retention policy/);
    await database.query(`CREATE RETENTION POLICY raw ON ${DATABASE} DURATION INF REPLICATION 1`);
    await waitFor('the lines', () => outbox.stats().depth === 0);
    const [series] = await database.query('SELECT COUNT(f) FROM raw.held', DATABASE);
    assert.equal(series?.values[0]?.[1], 5);
    assert.equal(rejected.length, 0);
  });
});
