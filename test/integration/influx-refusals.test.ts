import assert from 'node:assert/strict';
import { Delivery } from '../../src/delivery/delivery';
import { createInfluxDestination } from '../../src/influx/destination';
import { MemoryOutbox } from '../../src/outbox/memory';
import { systemClock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { seededRandom } from '../../src/support/random';
import { FaultProxy } from '../../testkit/links/fault-proxy';
import { startInfluxDb, type InfluxDb } from '../../testkit/servers/influxdb';
import { SlowLink } from '../../testkit/links/slow-link';
import { waitFor } from '../../testkit/wait';

const DATABASE = 'plant';
const HOUR_MS = 3_600_000;

describe('what a real InfluxDB 1 refuses, and a narrow way to it', () => {
  let database: InfluxDb;
  let proxy: FaultProxy;
  let proxyUrl: string;
  let outbox: MemoryOutbox;
  let delivery: Delivery;
  let refused: number;
  let now: number;

  before(async () => {
    database = await startInfluxDb();
    await database.query(`CREATE DATABASE ${DATABASE} WITH DURATION 24h`);
    proxy = new FaultProxy(database.url);
    proxyUrl = await proxy.start();
  });

  after(async () => {
    await proxy.stop();
    await database.stop();
  });

  const open = (url: string, timeoutMs = 10_000): void => {
    outbox = new MemoryOutbox({ maximumBytes: 1e9 }, systemClock);
    const endpoint = { api: 'v1', database: DATABASE, retentionPolicy: '', user: '', password: '' } as const;
    delivery = new Delivery(
      {
        batch: { records: 5000, bytes: 5_000_000, flushMs: 5 },
        retry: { initialMs: 20, maximumMs: 200, factor: 2, jitter: 0.3 },
        recheckMs: 100,
      },
      {
        outbox,
        destination: createInfluxDestination({ url, endpoint, timeoutMs }, systemClock),
        clock: systemClock,
        random: seededRandom(2),
        logger: silentLogger,
      },
    );
    refused = 0;
    delivery.onRefused('test', ({ count }) => (refused += count));
    now = Date.now();
  };

  afterEach(async () => {
    await delivery.close();
  });

  const drained = (): Promise<unknown> => waitFor('an empty outbox', () => outbox.stats().depth === 0);
  const countOf = async (name: string): Promise<number> => {
    const [series] = await database.query(`SELECT COUNT(f) FROM "${name}"`, DATABASE);
    return Number(series?.values[0]?.[1] ?? 0);
  };
  const requests = (): number => proxy.relayed;

  it('costs 2 % bad points of every kind few requests, and loses no good one', async () => {
    open(proxyUrl);
    await delivery.submitAndWait([`mixed f=0,g=1 ${now}`], 'test');
    const bad: readonly ((at: number) => string)[] = [
      (at) => `mixed f="text" ${at}`,
      (at) => `mixed f=true ${at}`,
      (at) => `mixed g="text" ${at}`,
      (at) => `mixed f=1 ${at - 48 * HOUR_MS}`,
      (at) => `no line protocol ${at}`,
    ];
    const before = requests();
    const lines = Array.from({ length: 20_000 }, (_, at) =>
      at % 50 === 7 ? (bad[((at / 50) % bad.length) | 0] ?? String)(now + 1 + at) : `mixed f=${at} ${now + 1 + at}`,
    );
    await delivery.submit(lines, 'test');
    await drained();
    assert.deepEqual([refused, await countOf('mixed')], [400, 19_601]);
    const spent = requests() - before;
    assert.ok(spent <= 120, `${spent} requests for 20 000 points, 400 of them bad`);
  });

  it('sets a backlog aside that is older than the retention, in few requests, when fresh points come', async () => {
    open(proxyUrl);
    const before = requests();
    const old = Array.from({ length: 12_000 }, (_, at) => `aged f=${at} ${now - 48 * HOUR_MS + at}`);
    await delivery.submit(old, 'test');
    await delivery.submit([`aged f=1 ${now}`, `aged f=2 ${now + 1}`], 'test');
    await drained();
    assert.deepEqual([refused, await countOf('aged')], [12_000, 2]);
    assert.ok(requests() - before <= 100, `${requests() - before} requests`);
  });

  it('keeps everything while every point is of a wrong type, and delivers it when that was mended', async () => {
    open(proxyUrl);
    await delivery.submitAndWait([`wrong f="text" ${now}`], 'test');
    const lines = Array.from({ length: 12_000 }, (_, at) => `wrong f=${at} ${now + 1 + at}`);
    await delivery.submit(lines, 'test');
    await waitFor('the refusal to be noticed', () => delivery.stats.lastError?.code === 'DELIVERY_REFUSED');
    assert.deepEqual([refused, delivery.stats.state, outbox.stats().depth], [0, 'held', 12_000]);
    assert.match(delivery.stats.lastError?.message ?? '', /refuses every line alike.*the field f is string/);
    await database.query('DROP MEASUREMENT wrong', DATABASE);
    await drained();
    assert.deepEqual([refused, await countOf('wrong')], [0, 12_000]);
  });

  it('brings over a narrow link what it carries, though a batch would never pass in time', async () => {
    const bytesPerSecond = 50_000;
    const link = new SlowLink(database.port, bytesPerSecond);
    // A batch of 5 000 points takes six times the time that it may take.
    open(await link.start(), 1000);
    const lines = Array.from({ length: 5000 }, (_, at) => `narrow,t=${'x'.repeat(30)} f=${at} ${now + at}`);
    const bytes = lines.join('\n').length;
    await delivery.submit(lines, 'test');
    await drained();
    assert.deepEqual([refused, await countOf('narrow')], [0, 5000]);
    assert.ok(bytes / link.carried >= 0.8, `${link.carried} bytes were sent for ${bytes}`);
    await delivery.close();
    await link.stop();
  });
});
