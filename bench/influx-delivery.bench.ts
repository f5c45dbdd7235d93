import { InfluxDB } from '@influxdata/influxdb-client';
import { normalizeReading } from '../src/domain/normalize';
import { LineMapper } from '../src/influx/line-mapper';
import { createHttpSender, type SenderSettings } from '../src/influx/sender';
import { InfluxTarget } from '../src/influx/target';
import { DEFAULT_BATCH_BYTES, DEFAULT_RECHECK_MS, DEFAULT_RETRY } from '../src/influx/writer-settings';
import { openOutbox } from '../src/outbox/disk';
import { systemClock } from '../src/support/clock';
import { silentLogger } from '../src/support/logger';
import { seededRandom } from '../src/support/random';
import { startInfluxDb } from '../test/support/influxdb';
import { sampleReading } from '../test/support/readings';
import { removeFolder, temporaryFolder } from '../test/support/temporary-folder';
import { startVictoriaMetrics } from '../test/support/victoria-metrics';
import { formatCount, type BenchLine } from './report';

const RUN_MS = 10_000;
/** Telemetries of one append, as a fleet gives them. */
const TELEMETRIES_PER_APPEND = 200;
/** More than this does not wait: the bench measures what is sustained, not how much fits on the disk. */
const MOST_WAITING = 20_000;
const ASSEMBLIES = [101, 102];
const METERS = 50;
const MEASUREMENT = 'bench';

interface Run {
  readonly fieldsPerSecond: number;
  readonly lost: number;
}

/** Telemetry to points to disk to database, for ten seconds and until nothing waits. */
async function runOurs(settings: SenderSettings, fieldCount: number): Promise<Run> {
  const telemetry = normalizeReading(sampleReading(ASSEMBLIES, seededRandom(4)));
  const folder = temporaryFolder('bench-outbox');
  const outbox = openOutbox({ folder, limits: { maximumBytes: 1e9 }, clock: systemClock, logger: silentLogger });
  const target = new InfluxTarget(
    {
      batch: { lines: 5000, bytes: DEFAULT_BATCH_BYTES, flushMs: 100 },
      retry: DEFAULT_RETRY,
      recheckMs: DEFAULT_RECHECK_MS,
    },
    {
      outbox,
      sender: createHttpSender(settings, systemClock),
      clock: systemClock,
      random: Math.random,
      logger: silentLogger,
    },
  );
  const mapper = new LineMapper();
  const startedAt = performance.now();
  let points = 0;
  while (performance.now() - startedAt < RUN_MS) {
    const lines = Array.from({ length: TELEMETRIES_PER_APPEND }, () => {
      const meter = { ...telemetry.meter, name: `m${points % METERS}` };
      const given = { ...telemetry, meter, timestamp: telemetry.timestamp + Math.floor(points++ / METERS) };
      return mapper.map(given, { influxMeasurement: MEASUREMENT, timestamp: 0 }).lines;
    });
    await target.submit(lines.flat(), 'bench');
    while (outbox.stats().depth > MOST_WAITING) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  while (outbox.stats().depth > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const seconds = (performance.now() - startedAt) / 1000;
  const { linesWritten } = target.stats;
  await target.close();
  await outbox.close();
  removeFolder(folder);
  return { fieldsPerSecond: (linesWritten * fieldCount) / seconds, lost: points - linesWritten };
}

/** The same lines through the write API of the client, which keeps what waits in memory. */
async function runPeer(url: string, fieldCount: number): Promise<Run> {
  const telemetry = normalizeReading(sampleReading(ASSEMBLIES, seededRandom(4)));
  let stored = 0;
  const writeSuccess = (lines: string[]): void => {
    stored += lines.length;
  };
  const client = new InfluxDB({ url, token: 't', timeout: 30_000 });
  const api = client.getWriteApi('o', 'b', 'ms', { batchSize: 5000, flushInterval: 100, writeSuccess });
  const mapper = new LineMapper();
  const startedAt = performance.now();
  let points = 0;
  while (performance.now() - startedAt < RUN_MS) {
    for (let count = 0; count < 5000; count += 1) {
      const meter = { ...telemetry.meter, name: `p${points % METERS}` };
      const given = { ...telemetry, meter, timestamp: telemetry.timestamp + Math.floor(points++ / METERS) };
      api.writeRecords([...mapper.map(given, { influxMeasurement: MEASUREMENT, timestamp: 0 }).lines]);
    }
    await api.flush();
  }
  await api.close();
  const seconds = (performance.now() - startedAt) / 1000;
  return { fieldsPerSecond: (stored * fieldCount) / seconds, lost: points - stored };
}

/** Sustained delivery through the outbox on disk into real databases; the peer writes to the same one without an outbox. */
export async function benchInfluxDelivery(): Promise<BenchLine[]> {
  const fieldCount = Object.keys(normalizeReading(sampleReading(ASSEMBLIES, seededRandom(4))).metrics).length;
  const lines: BenchLine[] = [];
  const victoria = await startVictoriaMetrics();
  const influx = await startInfluxDb();
  try {
    await influx.query('CREATE DATABASE bench');
    const v2 = { api: 'v2', org: '', bucket: 'b', token: '' } as const;
    const v1 = { api: 'v1', database: 'bench', retentionPolicy: '', user: '', password: '' } as const;
    const ours = await runOurs({ url: victoria.url, destination: v2, timeoutMs: 30_000 }, fieldCount);
    const peer = await runPeer(victoria.url, fieldCount);
    const strict = await runOurs({ url: influx.url, destination: v1, timeoutMs: 30_000 }, fieldCount);
    lines.push(
      {
        what: 'disk outbox to VictoriaMetrics, field values/s',
        value: formatCount(ours.fieldsPerSecond),
        ratio: ours.fieldsPerSecond / peer.fieldsPerSecond,
        peer: 'WriteApi of @influxdata/influxdb-client, in memory',
        note: `${fieldCount} fields a point; lost ${ours.lost}, the peer ${peer.lost}`,
      },
      {
        what: 'disk outbox to InfluxDB 1, field values/s',
        value: formatCount(strict.fieldsPerSecond),
        note: `${strict.lost} points lost`,
      },
    );
  } finally {
    await influx.stop();
    await victoria.stop();
  }
  return lines;
}
