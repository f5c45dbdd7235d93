import { DEFAULT_KPI_SETTINGS } from '../src/domain/kpis/settings';
import { GROUPS } from '../src/meters/pm500/groups';
import type { FlowEntry } from '../testkit/node-red/node-red-admin';
import { startPipeline, type Pipeline } from '../testkit/node-red/pipeline';
import { freePortRange } from '../testkit/servers/ports';
import { startChild } from './child';
import { addressOf } from './meters-job';
import { cpuMicroseconds } from './process-cpu';
import { residentMegabytes } from './process-memory';
import type { BenchLine } from './report';
import { pause } from './within';

const START_MS = 120_000;
/** Births and first writes are over after this. */
const SETTLE_MS = 10_000;
const MEASURE_MS = 30_000;
const SECOND_MS = 1000;
const HOUR_S = 3600;
const BYTES_PER_GB = 1e9;
const EVERY_GROUP = GROUPS.map(({ name }) => name);
const USUAL_GROUPS = ['realtime', 'energy'];

interface Site {
  readonly meters: number;
  readonly intervalMs: number;
  readonly groups: readonly string[];
}

const SITES: readonly Site[] = [
  { meters: 50, intervalMs: 1000, groups: USUAL_GROUPS },
  { meters: 50, intervalMs: 1000, groups: EVERY_GROUP },
  { meters: 200, intervalMs: 10_000, groups: USUAL_GROUPS },
];

/** Meters whose values move, so that what waits for a sink is as long as on a plant. */
const MOVING: Site = { meters: 5, intervalMs: 1000, groups: USUAL_GROUPS };

type Fleet = readonly { readonly name: string; readonly host: string; readonly port?: number }[];

/** One list of meters, all KPIs that need no own data, the default alarms, and both sinks with their stores on disk. */
function flowOf({ intervalMs, groups }: Site, fleet: Fleet, pipeline: Pipeline): readonly FlowEntry[] {
  const at = { z: 'tab', x: 100, y: 40, name: '' };
  const { kpis } = DEFAULT_KPI_SETTINGS;
  return [
    { id: 'tab', type: 'tab', label: 'A site' },
    {
      ...{ id: 'poll', type: 'pm500-poll', ...at, source: 'list', fleet, groups, intervalMs },
      wires: [['normalize'], [], []],
    },
    {
      ...{ id: 'normalize', type: 'pm500-normalize', ...at, kpis, energyDeltas: true, defaultAlarms: true },
      wires: [
        ['influx', 'sparkplug'],
        ['influx', 'sparkplug'],
      ],
    },
    { id: 'influx', type: 'influx-out', ...at, target: 'database', wires: [[]] },
    { id: 'sparkplug', type: 'sparkplug-out', ...at, edge: 'site-edge', wires: [[]] },
    { id: 'database', type: 'influx-target', name: '', url: pipeline.database.url, org: 'site', bucket: 'energy' },
    {
      ...{ id: 'site-edge', type: 'sparkplug-edge', name: '', host: '127.0.0.1', port: pipeline.broker.port },
      ...{ groupId: 'site', edgeNodeId: 'edge' },
    },
  ];
}

/** The sum of a metric over all its labels that contain some text. */
async function sumOf({ nodeRed }: Pipeline, name: string, label = ''): Promise<number> {
  const text = await (await fetch(new URL('pm500/metrics', nodeRed.url))).text();
  return [...text.matchAll(new RegExp(`^${name}\\{([^\\n]*)\\} (\\d+)$`, 'gm'))]
    .filter(([, labels = '']) => labels.includes(label))
    .reduce((all, [, , count]) => all + Number(count), 0);
}

async function deploy(site: Site, fleet: Fleet, pipeline: Pipeline, more: readonly FlowEntry[] = []): Promise<void> {
  await pipeline.nodeRed.admin.deploy([...flowOf(site, fleet, pipeline), ...more]);
  await pipeline.nodeRed.channel.waitForStatus('poll', ({ text }) => text === `${site.meters}/${site.meters} meters`, {
    timeoutMs: START_MS,
  });
  // What is not delivered costs nothing. Yellow: what came before the births is on its way.
  for (const sink of ['influx', 'sparkplug']) {
    await pipeline.nodeRed.channel.waitForStatus(sink, ({ fill }) => fill === 'green' || fill === 'yellow', {
      timeoutMs: START_MS,
    });
  }
  await pause(SETTLE_MS);
}

async function measureSite(site: Site): Promise<BenchLine> {
  const target = await startChild(
    { name: 'lean meters', script: 'lean-target.js', job: { meters: site.meters } },
    START_MS,
  );
  const pipeline = await startPipeline({ otherPackages: [] });
  try {
    const fleet = Array.from({ length: site.meters }, (_, index) => ({ name: `m${index}`, host: addressOf(index) }));
    await deploy(site, fleet, pipeline);
    const { pid } = pipeline.nodeRed.process;
    const [missedBefore, cpuBefore] = [await sumOf(pipeline, 'pm500_missed_slots_total'), cpuMicroseconds(pid)];
    const startedAt = performance.now();
    await pause(MEASURE_MS);
    const microseconds = cpuMicroseconds(pid) - cpuBefore;
    const seconds = (performance.now() - startedAt) / SECOND_MS;
    const missed = (await sumOf(pipeline, 'pm500_missed_slots_total')) - missedBefore;
    const cycles = (site.meters * seconds * SECOND_MS) / site.intervalMs;
    return {
      what: `${site.meters} meters, ${site.groups.length} groups every ${site.intervalMs} ms`,
      value: `${((100 * microseconds) / 1e6 / seconds).toFixed(1)} % of a core`,
      note: `${(microseconds / cycles / 1000).toFixed(2)} ms CPU for each meter and cycle, ${missed} missed slots, resident ${residentMegabytes(pid).toFixed(0)} MB`,
    };
  } finally {
    await pipeline.stop();
    await target.kill();
  }
}

/** What waits grows by this, while broker and database are away. */
async function measureOutboxes(): Promise<BenchLine[]> {
  const pipeline = await startPipeline({ otherPackages: [] });
  try {
    const port = await freePortRange(MOVING.meters);
    const fleet = Array.from({ length: MOVING.meters }, (_, index) => ({
      ...{ name: `m${index}`, host: '127.0.0.1', port: port + index },
    }));
    const sim = {
      id: 'sim',
      type: 'pm500-sim',
      z: 'tab',
      x: 100,
      y: 300,
      name: '',
      port,
      count: MOVING.meters,
      wires: [[]],
    };
    await deploy(MOVING, fleet, pipeline, [sim]);
    await Promise.all([pipeline.database.halt(), pipeline.broker.halt()]);
    await pause(SETTLE_MS);
    const lines: BenchLine[] = [];
    const waiting = (target: string): Promise<number> => sumOf(pipeline, 'pm500_delivery_waiting_bytes', target);
    const targets = ['database', 'site-edge'];
    const before = await Promise.all(targets.map(waiting));
    const startedAt = performance.now();
    await pause(MEASURE_MS);
    const seconds = (performance.now() - startedAt) / SECOND_MS;
    const after = await Promise.all(targets.map(waiting));
    for (const [place, target] of targets.entries()) {
      const bytes = ((after[place] ?? 0) - (before[place] ?? 0)) / MOVING.meters / seconds;
      lines.push({
        what: `outbox of the ${target}, per meter each second`,
        value: `${bytes.toFixed(0)} bytes`,
        note: `1 GB is ${(BYTES_PER_GB / bytes / HOUR_S).toFixed(0)} hours of one meter`,
      });
    }
    return lines;
  } finally {
    await pipeline.stop();
  }
}

/** What a whole site costs Node-RED: reading, KPIs, alarms, InfluxDB and Sparkplug, and what waits of it. docs/sizing.md has it. */
export async function benchSite(): Promise<BenchLine[]> {
  const lines: BenchLine[] = [];
  for (const site of SITES) lines.push(await measureSite(site));
  return [...lines, ...(await measureOutboxes())];
}
