import { GROUPS } from '../src/meters/pm500/groups';
import { startNodeRed, type NodeRed } from '../testkit/node-red/node-red';
import { addressOf, INTERVAL_MS, type MetersReport } from './meters-job';
import { cpuMicroseconds } from './process-cpu';
import { pause } from './within';

/** What Node-RED costs that reads many meters. */
export type NodeRedReport = Omit<MetersReport, 'p50JitterMs' | 'p99JitterMs'>;

/** Meters of a list begin over so long, and then some. */
const STARTING_MS = 40_000;
const SETTLE_MS = 3000;
/** The counters of all meters together, from the page of metrics. */
async function countersOf({ url }: NodeRed): Promise<Readonly<Record<'reads' | 'failed' | 'missed', number>>> {
  const text = await (await fetch(new URL('pm500/metrics', url))).text();
  const sum = (name: string): number =>
    [...text.matchAll(new RegExp(`^${name}\\{[^\\n]*\\} (\\d+)$`, 'gm'))].reduce(
      (all, [, count]) => all + Number(count),
      0,
    );
  return {
    reads: sum('pm500_reads_total'),
    failed: sum('pm500_failed_reads_total'),
    missed: sum('pm500_missed_slots_total'),
  };
}

/** A real Node-RED with one pm500-poll that reads everything of a list of meters; nothing is done with the readings. */
export async function measureNodeRed(meters: number, measureMs: number): Promise<NodeRedReport> {
  const nodeRed = await startNodeRed();
  try {
    const fleet = Array.from({ length: meters }, (_, index) => ({ name: `m${index}`, host: addressOf(index) }));
    const groups = GROUPS.map(({ name }) => name);
    await nodeRed.admin.deploy([
      { id: 'tab', type: 'tab', label: 'Many meters' },
      {
        ...{ id: 'poll', type: 'pm500-poll', z: 'tab', x: 100, y: 40, name: '' },
        ...{ source: 'list', fleet, groups, intervalMs: INTERVAL_MS, wires: [[], [], []] },
      },
    ]);
    await nodeRed.channel.waitForStatus('poll', ({ text }) => text === `${meters}/${meters} meters`, {
      timeoutMs: STARTING_MS,
    });
    await pause(SETTLE_MS);
    const { pid } = nodeRed.process;
    const before = await countersOf(nodeRed);
    const cpuBefore = cpuMicroseconds(pid);
    const startedAt = performance.now();
    await pause(measureMs);
    const microseconds = cpuMicroseconds(pid) - cpuBefore;
    const seconds = (performance.now() - startedAt) / 1000;
    const after = await countersOf(nodeRed);
    const reads = after.reads - before.reads;
    return {
      reads,
      failed: after.failed - before.failed,
      missed: after.missed - before.missed,
      seconds,
      cpuMicrosecondsPerRead: microseconds / reads,
      load: microseconds / 1e6 / seconds,
    };
  } finally {
    await nodeRed.stop();
  }
}
