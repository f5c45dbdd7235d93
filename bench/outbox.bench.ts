import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { normalizeReading } from '../src/domain/quality/normalize';
import { LineSerializer } from '../src/influx/line-protocol';
import { PointMapper } from '../src/influx/points';
import { openOutbox, type DiskOutbox } from '../src/outbox/disk';
import { systemClock } from '../src/support/clock';
import { silentLogger } from '../src/support/logger';
import { seededRandom } from '../src/support/random';
import { sampleReading } from '../testkit/meters/readings';
import { formatCount, type BenchLine } from './report';

const WAITING = 1_000_000;
/** Appends under way at once, as of so many nodes, and the readings of each. */
const CONCURRENT = 64;
const PER_APPEND = 10;
const APPEND_MS = 2000;
const BATCH = { maximumRecords: 5000, maximumBytes: 8_000_000 };
const PEER = { peer: 'classic-level, synced batches' };

/** Durable appends; the start with a million readings that wait; taking them. The peer is what a LevelDB gives. */
export async function benchOutbox(): Promise<BenchLine[]> {
  const folder = mkdtempSync(join(tmpdir(), 'pm500-bench-outbox-'));
  try {
    const peer = await appendToLevel(join(folder, 'level'));
    const line = sampleLine();
    const outbox = open(folder);
    const append = (): Promise<unknown> =>
      outbox.append(Array.from({ length: PER_APPEND }, () => ({ payload: line, acceptedAt: Date.now(), origin: 'a' })));
    const perSecond = await measureAppends(append);
    for (let missing = WAITING - outbox.stats().depth; missing > 0; missing -= CONCURRENT * PER_APPEND) {
      await Promise.all(Array.from({ length: CONCURRENT }, append));
    }
    await outbox.close();
    return [
      {
        what: 'outbox, durable appends, readings/s',
        value: formatCount(perSecond),
        ratio: perSecond / peer,
        ...PEER,
        note: `${CONCURRENT} appends of ${PER_APPEND} at a time, ${line.length} bytes each`,
      },
      ...(await measureStart(folder)),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureStart(folder: string): Promise<BenchLine[]> {
  const startedAt = performance.now();
  const outbox = open(folder);
  const { records } = await outbox.peek(BATCH);
  const firstMs = performance.now() - startedAt;
  const { depth } = outbox.stats();
  if (records.length !== BATCH.maximumRecords) throw new Error(`${records.length} records came first`);
  const memoryBefore = process.memoryUsage().rss;
  let highest = memoryBefore;
  const takingSince = performance.now();
  let taken = 0;
  for (let batch = await outbox.peek(BATCH); batch.records.length > 0; batch = await outbox.peek(BATCH)) {
    await outbox.acknowledge(batch);
    taken += batch.records.length;
    highest = Math.max(highest, process.memoryUsage().rss);
  }
  const perSecond = (taken / (performance.now() - takingSince)) * 1000;
  await outbox.close();
  if (taken !== depth) throw new Error(`${taken} of ${depth} records came`);
  return [
    { what: 'outbox, open to first batch, ms', value: firstMs.toFixed(0), note: `${formatCount(depth)} readings wait` },
    {
      what: 'outbox, read and acknowledge, readings/s',
      value: formatCount(perSecond),
      note: `memory grows by ${((highest - memoryBefore) / 1e6).toFixed(0)} MB while all are taken`,
    },
  ];
}

/** The same appends into a LevelDB: concurrent ones as batches of their own, as a queue on it would make them. */
async function appendToLevel(folder: string): Promise<number> {
  const level = new ClassicLevel(folder);
  await level.open();
  const value = sampleLine();
  let next = 0;
  const perSecond = await measureAppends(() => {
    const puts = Array.from({ length: PER_APPEND }, () => ({
      type: 'put' as const,
      key: String(next++).padStart(16, '0'),
      value,
    }));
    return level.batch(puts, { sync: true });
  });
  await level.close();
  return perSecond;
}

async function measureAppends(append: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  let appended = 0;
  const work = async (): Promise<void> => {
    while (performance.now() - startedAt < APPEND_MS) {
      await append();
      appended += PER_APPEND;
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT }, work));
  return (appended / (performance.now() - startedAt)) * 1000;
}

function open(folder: string): DiskOutbox {
  const limits = { maximumBytes: 1e12 };
  return openOutbox({ folder: join(folder, 'outbox'), limits, clock: systemClock, logger: silentLogger });
}

function sampleLine(): string {
  const telemetry = normalizeReading(sampleReading([101, 102], seededRandom(4)));
  const [point] = new PointMapper().map(telemetry, 'powermonitor_500').points;
  const line = point === undefined ? undefined : new LineSerializer().serialize(point);
  if (line === undefined) throw new Error('expected a point');
  return line;
}
