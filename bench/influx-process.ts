import { normalizeReading } from '../src/domain/quality/normalize';
import type { Telemetry } from '../src/domain/messages/telemetry';
import { seededRandom } from '../src/support/random';
import { sampleReading } from '../testkit/meters/readings';
import { serveChild } from './child';
import { openWay, type Api, type Way } from './influx-ways';
import type { BenchWriter } from './influx-writer';
import { pause, within } from './within';

/* A process that brings points into a database in one way; its job is a `Job`. */

interface Where {
  readonly way: Way;
  readonly url: string;
  readonly api: Api;
  readonly folder: string;
  /** Time of the first point, epoch milliseconds. */
  readonly epoch: number;
}

/** As fast as it goes for a while; prints a `RateReport`. */
export interface RateJob extends Where {
  readonly kind: 'rate';
  /** The tag `run` of its points. */
  readonly run: string;
  readonly durationMs: number;
  readonly endMs: number;
}

/** So many points after so many that warm up, as fast as it goes; prints a `CostReport`. */
export interface CostJob extends Where {
  readonly kind: 'cost';
  readonly run: string;
  readonly warmUpPoints: number;
  readonly points: number;
}

/** Numbered points, one every ten milliseconds, until SIGTERM; prints the number of each that its writer has accepted. */
export interface OutageJob extends Where {
  readonly kind: 'outage';
  readonly meter: string;
  readonly first: number;
}

export type Job = RateJob | CostJob | OutageJob;

export interface CostReport {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

export interface RateReport {
  readonly given: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** After a garbage collection, MB: at a tenth of the run, and at its end while points still come. */
  readonly heapMegabytes: readonly [early: number, late: number];
  readonly residentMegabytes: readonly [early: number, late: number];
  /** Why it did not end; absent when nothing waited any more. */
  readonly unfinished?: string;
}

/** Telemetries that come together, as from a fleet. */
const TELEMETRIES_PER_WRITE = 200;
const METERS = 50;
const VARIANTS = 64;
const EVERY_MS = 10;
const EARLY = 0.1;

/** Two assemblies of real-time values, 30 of them, with many different values. */
function telemetries({ run, epoch }: RateJob | CostJob): (count: number) => Telemetry[] {
  const random = seededRandom(4);
  const variants = Array.from({ length: VARIANTS }, (_, at) => {
    const telemetry = normalizeReading(sampleReading([101, 102], random));
    return {
      ...telemetry,
      meter: { ...telemetry.meter, name: `m${at % METERS}`, tags: { ...telemetry.meter.tags, run } },
    };
  });
  const meters = variants.slice(0, METERS).map(({ meter }) => meter);
  let next = 0;
  return (count) =>
    Array.from({ length: count }, () => {
      const number = next++;
      const { schema, metrics } = variants[number % VARIANTS]!;
      return { schema, metrics, meter: meters[number % METERS]!, timestamp: epoch + Math.floor(number / METERS) };
    });
}

function memory(): readonly [heap: number, resident: number] {
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  return [heapUsed / 1e6, rss / 1e6];
}

async function runRate(job: RateJob, writer: BenchWriter): Promise<RateReport> {
  const make = telemetries(job);
  // Not what it takes to start Node.js.
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  let early: ReturnType<typeof memory> | undefined;
  let given = 0;
  while (performance.now() - startedAt < job.durationMs) {
    await within('Writing one lot of points', job.endMs, writer.write(make(TELEMETRIES_PER_WRITE)));
    given += TELEMETRIES_PER_WRITE;
    if (early === undefined && performance.now() - startedAt >= EARLY * job.durationMs) early = memory();
  }
  const late = memory();
  const [heap, resident] = early ?? late;
  let unfinished: string | undefined;
  try {
    await within('Writing what still waited', job.endMs, writer.close());
  } catch (thrown) {
    unfinished = thrown instanceof Error ? thrown.message : String(thrown);
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    given,
    seconds: (performance.now() - startedAt) / 1000,
    cpuSeconds: (user + system) / 1e6,
    heapMegabytes: [heap, late[0]],
    residentMegabytes: [resident, late[1]],
    ...(unfinished === undefined ? {} : { unfinished }),
  };
}

async function runCost(job: CostJob, writer: BenchWriter): Promise<CostReport> {
  const make = telemetries(job);
  const write = async (points: number): Promise<void> => {
    for (let given = 0; given < points; given += TELEMETRIES_PER_WRITE) await writer.write(make(TELEMETRIES_PER_WRITE));
  };
  await write(job.warmUpPoints);
  // What still waits of the warming up is not to be paid by what is measured.
  await writer.settle();
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  await write(job.points);
  await writer.close();
  const { user, system } = process.cpuUsage(cpuBefore);
  return { seconds: (performance.now() - startedAt) / 1000, cpuSeconds: (user + system) / 1e6 };
}

async function runOutage(job: OutageJob, writer: BenchWriter): Promise<void> {
  const { meter, metrics, schema } = normalizeReading(sampleReading([101], seededRandom(4)));
  const [name, sample] = Object.entries(metrics)[0]!;
  const ending = new AbortController();
  process.once('SIGTERM', () => {
    ending.abort();
  });
  const pending = new Set<Promise<void>>();
  for (let number = job.first; !ending.signal.aborted; number++) {
    const writing = writer.write([
      {
        schema,
        meter: { ...meter, name: job.meter },
        metrics: { [name]: { ...sample, value: number } },
        timestamp: job.epoch + number,
      },
    ]);
    // Ours accepts a point when it is safe; the others take it and say nothing, or only that writing has failed.
    if (job.way === 'ours') await writing;
    else {
      pending.add(writing);
      const settle = (): void => void pending.delete(writing);
      void writing.then(settle, settle);
    }
    console.log(String(number));
    await pause(EVERY_MS);
  }
  await Promise.allSettled(pending);
  await writer.close();
}

// The client library says by this that writing has failed.
process.on('unhandledRejection', () => undefined);
serveChild(async (given) => {
  const job = given as Job;
  const writer = openWay(job.way, job.url, job.api, job.folder, job.kind === 'outage');
  if (job.kind === 'rate') return runRate(job, writer);
  if (job.kind === 'cost') return runCost(job, writer);
  await runOutage(job, writer);
  return undefined;
});
