import { DEFAULTS } from '../nodes/shared/forms';
import { Delivery } from '../src/delivery/delivery';
import { DEFAULT_BATCH_BYTES, DEFAULT_RECHECK_MS, DEFAULT_RETRY } from '../src/delivery/settings';
import { createInfluxDestination } from '../src/influx/destination';
import { openOutbox } from '../src/outbox/disk';
import { systemClock } from '../src/support/clock';
import { silentLogger } from '../src/support/logger';
import { startInfluxDb } from '../testkit/servers/influxdb';
import { SlowLink } from '../testkit/links/slow-link';
import { BENCH_NAME } from './influx-ways';
import { formatCount, type BenchLine } from './report';
import { pause, within } from './within';

const { batchLines, flushMs, timeoutMs, maximumMegabytes } = DEFAULTS['influx-target'];
const FIELDS = 30;
const POINTS = 60_000;
/** One point in so many is of a wrong type. */
const BAD_EVERY = 50;
const LINK_BYTES_PER_SECOND = 50_000;
const LINK_MS = 60_000;
const DRAIN_MS = 120_000;

interface Opened {
  readonly delivery: Delivery;
  readonly waiting: () => number;
  readonly close: () => Promise<void>;
}

function open(url: string, folder: string): Opened {
  const limits = { maximumBytes: maximumMegabytes * 1e6 };
  const outbox = openOutbox({ folder, limits, clock: systemClock, logger: silentLogger });
  const endpoint = { api: 'v1', database: BENCH_NAME, retentionPolicy: '', user: '', password: '' } as const;
  const delivery = new Delivery(
    {
      batch: { records: batchLines, bytes: DEFAULT_BATCH_BYTES, flushMs },
      retry: DEFAULT_RETRY,
      recheckMs: DEFAULT_RECHECK_MS,
    },
    {
      outbox,
      destination: createInfluxDestination({ url, endpoint, timeoutMs, precision: 'ms' }, systemClock),
      clock: systemClock,
      random: Math.random,
      logger: silentLogger,
    },
  );
  return {
    delivery,
    waiting: () => outbox.stats().depth,
    close: async () => {
      await delivery.close();
      await outbox.close();
    },
  };
}

function linesOf(name: string, count: number, badEvery: number): readonly string[] {
  const start = Date.now();
  return Array.from({ length: count }, (_, at) => {
    const isBad = at % badEvery === badEvery - 1;
    const fields = Array.from({ length: FIELDS }, (_field, index) =>
      isBad && index === 0 ? 'f0="bad"' : `f${index}=${at + index / 8}`,
    );
    return `${name},meter=m${at % 50} ${fields.join()} ${start + at}`;
  });
}

/** Points per second until all have left the outbox. */
async function rateOf(url: string, folder: string, name: string, badEvery: number): Promise<number> {
  const { delivery, waiting, close } = open(url, folder);
  const lines = linesOf(name, POINTS, badEvery);
  const startedAt = performance.now();
  for (let at = 0; at < lines.length; at += 1000) await delivery.submit(lines.slice(at, at + 1000), 'bench');
  while (waiting() > 0) await pause(5);
  const seconds = (performance.now() - startedAt) / 1000;
  await close();
  return POINTS / seconds;
}

/** Delivery where some points are refused, and over a narrow link, into a real InfluxDB 1. */
export async function benchHardWays(folder: string): Promise<readonly BenchLine[]> {
  const influx = await startInfluxDb();
  try {
    await influx.query(`CREATE DATABASE ${BENCH_NAME}`);
    const rate = (name: string, badEvery: number): Promise<number> =>
      within(`Delivering ${name}`, DRAIN_MS, rateOf(influx.url, `${folder}/${name}`, name, badEvery));
    // Whoever comes first would pay for the start of the database.
    await rate('warm', Infinity);
    const good = await rate('good', Infinity);
    const mixed = await rate('mixed', BAD_EVERY);
    const link = new SlowLink(influx.port, LINK_BYTES_PER_SECOND);
    const { delivery, close } = open(await link.start(), `${folder}/narrow`);
    await delivery.submit(linesOf('narrow', 10_000, Infinity), 'bench');
    await pause(LINK_MS);
    const { carried, capacity } = link;
    await close();
    await link.stop();
    const [series] = await influx.query('SELECT COUNT(f0) FROM narrow', BENCH_NAME);
    const lineBytes = (linesOf('narrow', 10_000, Infinity).join('\n').length + 1) / 10_000;
    const arrived = Number(series?.values[0]?.[1] ?? 0) * lineBytes;
    return [
      {
        what: `points/s to InfluxDB 1 with ${100 / BAD_EVERY} % of a wrong type`,
        value: formatCount(mixed),
        ratio: mixed / good,
        peer: 'good points alone',
        note: formatCount(good),
      },
      {
        what: `bytes arrived in ${LINK_MS / 1000} s over ${LINK_BYTES_PER_SECOND / 1000} kB/s`,
        value: formatCount(arrived),
        ratio: arrived / capacity,
        peer: 'what the link could carry',
        note: `${formatCount(capacity)}; it carried ${formatCount(carried)}, requests and repetitions included`,
      },
    ];
  } finally {
    await influx.stop();
  }
}
