import { startInfluxDb } from '../testkit/servers/influxdb';
import { removeFolder, temporaryFolder } from '../testkit/temporary-folder';
import { startVictoriaMetrics } from '../testkit/servers/victoria-metrics';
import { runRate } from './influx-child';
import { benchInfluxCost } from './influx-cost';
import { benchHardWays } from './influx-hard-ways';
import { benchOutage } from './influx-outage';
import type { RateReport } from './influx-process';
import { BENCH_NAME, WAYS, type Api, type Way } from './influx-ways';
import { formatCount, type BenchLine } from './report';
import { within } from './within';

/** Long enough that a memory that grows would show. */
const OURS_MS = 12_000;
const PEER_MS = 6000;
const WARM_UP_MS = 1000;
/** What still waits has to be written in this time, and a query answered. */
const END_MS = 15_000;
const FIELDS = 30;

/** With `PM500_ROUNDS=5` only what a point costs is measured, in turns with the client library, so many times. */
const ROUNDS = Number(process.env['PM500_ROUNDS'] ?? '0');

/** Counts the field values that a database has of a run. */
type Count = (run: string) => Promise<number>;

interface Server {
  readonly name: string;
  readonly url: string;
  readonly api: Api;
  readonly count: Count;
}

interface Run extends RateReport {
  readonly way: Way;
  /** Field values that a query finds. */
  readonly stored: number;
  readonly perSecond: number;
}

async function startServers(): Promise<{ readonly servers: readonly Server[]; stop: () => Promise<void> }> {
  const [victoria, influx] = await Promise.all([startVictoriaMetrics(), startInfluxDb()]);
  await influx.query(`CREATE DATABASE ${BENCH_NAME}`);
  const countVictoria: Count = async (run) =>
    (await victoria.query(`sum(count_over_time({run="${run}"}[1d]))`))[0]?.value ?? 0;
  const countInflux: Count = async (run) => {
    const [series] = await influx.query(`SELECT COUNT(*) FROM ${BENCH_NAME} WHERE run = '${run}'`, BENCH_NAME);
    // The first column is the time.
    return (series?.values[0] ?? []).slice(1).reduce<number>((sum, count) => sum + Number(count), 0);
  };
  return {
    servers: [
      { name: 'VictoriaMetrics', url: victoria.url, api: 'v2', count: countVictoria },
      { name: 'InfluxDB 1', url: influx.url, api: 'v1', count: countInflux },
    ],
    stop: async () => {
      await Promise.all([victoria.stop(), influx.stop()]);
    },
  };
}

async function measure(
  way: Way,
  { name, url, api, count }: Server,
  folder: string,
  durationMs = way === 'ours' ? OURS_MS : PEER_MS,
): Promise<Run> {
  const run = `${way}-${api}-${durationMs}`;
  const report = await runRate({
    ...{ kind: 'rate', way, run, url, api, epoch: Date.now() - 600_000 },
    ...{ folder: `${folder}/${run}`, durationMs, endMs: END_MS },
  });
  const stored = await within(`Counting in ${name} what ${run} has written`, END_MS, count(run));
  return { ...report, way, stored, perSecond: stored / report.seconds };
}

function describe({ given, stored, unfinished }: Run): string {
  const missing = `${given * FIELDS - stored} of ${given * FIELDS} not found`;
  return unfinished === undefined ? missing : `${missing}; ${unfinished}`;
}

function compare(server: Server, ours: Run, peer: Run): BenchLine {
  return {
    what: `${WAYS.ours} to ${server.name}, field values/s`,
    value: formatCount(ours.perSecond),
    ratio: ours.perSecond / peer.perSecond,
    peer: WAYS[peer.way],
    note: `${formatCount(peer.perSecond)}; ${describe(peer)}`,
  };
}

const perCpuSecond = ({ stored, cpuSeconds }: Run): number => stored / cpuSeconds;

function compareCpu(server: Server, ours: Run, peer: Run): BenchLine {
  return {
    what: `  field values per second of CPU`,
    value: formatCount(perCpuSecond(ours)),
    ratio: perCpuSecond(ours) / perCpuSecond(peer),
    peer: WAYS[peer.way],
    note: `${formatCount(perCpuSecond(peer))}; of the writing process, ${server.name} takes its own`,
  };
}

function describeOurs(ours: Run): readonly BenchLine[] {
  const [early, late] = ours.heapMegabytes;
  const [earlyResident, lateResident] = ours.residentMegabytes;
  return [
    { what: `  field values given, found by a query`, value: formatCount(ours.stored), note: describe(ours) },
    {
      what: `  heap at 10 % and 100 % of ${ours.seconds.toFixed(0)} s, MB`,
      value: `${early.toFixed(1)}, ${late.toFixed(1)}`,
      note: `resident ${earlyResident.toFixed(0)}, ${lateResident.toFixed(0)}; ${FIELDS} fields a point`,
    },
  ];
}

/**
 * Sustained delivery through the outbox on disk into real databases, beside other ways to do it; what counts is what a
 * query finds in the database. Each way runs in a process of its own, one after the other.
 */
export async function benchInfluxDelivery(): Promise<BenchLine[]> {
  const folder = temporaryFolder('bench-delivery');
  const lines: BenchLine[] = [];
  try {
    if (ROUNDS > 0) return [...(await benchInfluxCost(folder, ROUNDS))];
    const { servers, stop } = await startServers();
    try {
      for (const server of servers) {
        // Whoever comes first would pay for the start of the database.
        await measure('contrib', server, folder, WARM_UP_MS);
        const ours = await measure('ours', server, folder);
        // The client library writes to InfluxDB 2 and what is like it only.
        const peers: readonly Way[] = server.api === 'v2' ? ['writeApi', 'contrib'] : ['contrib'];
        for (const way of peers) {
          const peer = await measure(way, server, folder);
          lines.push(compare(server, ours, peer), compareCpu(server, ours, peer));
        }
        lines.push(...describeOurs(ours));
      }
    } finally {
      await stop();
    }
    lines.push(await benchOutage(folder), ...(await benchHardWays(folder)));
  } finally {
    removeFolder(folder);
  }
  return lines;
}
