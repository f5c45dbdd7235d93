import { reportOf, startChild } from './child';
import { INTERVAL_MS, type MetersJob, type MetersOutcome, type MetersReport } from './meters-job';
import { measureNodeRed } from './meters-node-red';
import type { BenchLine } from './report';

const MEASURE_MS = 5000;
/** Starting is over after this, and so is the measurement. */
const MOST_MS = 90_000;
/** The target of the product: what more than this late is, counts as broken. */
const MOST_JITTER_MS = 50;
/** Where ours is compared with the bare loop. */
const COMPARED_AT = 500;

type Way = Pick<MetersJob, 'transport'> & {
  readonly name: string;
  /** Numbers of meters to try, each while the one before has held; the bare loop runs at `COMPARED_AT` and at the last but one. */
  readonly steps: readonly number[];
};

const WAYS: readonly Way[] = [
  { name: 'explicit (UCMM)', transport: 'ucmm', steps: [500, 1500, 2000] },
  { name: 'implicit (Input Only)', transport: 'input-only', steps: [500, 1000, 1500] },
];

/** The meters and whoever reads them run in processes of their own, so that each has its own core where there are two. */
async function besideMeters<Report>(meters: number, read: () => Promise<Report>): Promise<Report> {
  const target = await startChild({ name: 'lean meters', script: 'lean-target.js', job: { meters } }, MOST_MS);
  try {
    return await read();
  } finally {
    await target.kill();
  }
}

function measure(job: Omit<MetersJob, 'measureMs'>): Promise<MetersOutcome> {
  const child = { name: `${job.way} loop`, script: 'meters-process.js', job: { ...job, measureMs: MEASURE_MS } };
  return besideMeters(job.meters, () => reportOf<MetersOutcome>(child, MOST_MS));
}

function holds({ missed, failed, p99JitterMs }: MetersReport): boolean {
  return missed === 0 && failed === 0 && p99JitterMs <= MOST_JITTER_MS;
}

function describe({ missed, failed, p99JitterMs, cpuMicrosecondsPerRead, load }: MetersReport): string {
  return `${missed} missed slots, ${failed} failed reads, jitter p99 ${p99JitterMs.toFixed(0)} ms, ${cpuMicrosecondsPerRead.toFixed(0)} us CPU per read, ${(100 * load).toFixed(0)} % of a core`;
}

function lineOf(what: string, { running, starting, kilobytesPerMeter }: MetersOutcome): BenchLine {
  const rate = running.reads / running.seconds;
  const note = `${describe(running)}, ${kilobytesPerMeter.toFixed(0)} kB per meter; while starting: ${describe(starting)}`;
  return { what, value: `${rate.toFixed(0)} reads/s`, note };
}

/** CPU that one read costs. */
function compared(line: BenchLine, ours: MetersOutcome, bare: MetersOutcome): BenchLine {
  const ratio = ours.running.cpuMicrosecondsPerRead / bare.running.cpuMicrosecondsPerRead;
  return { ...line, ratio, peer: 'the CPU of the bare loop' };
}

/** The same through a real Node-RED, with all that it does beside. */
async function throughNodeRed(what: string, bare: MetersOutcome): Promise<BenchLine> {
  const report = await besideMeters(COMPARED_AT, () => measureNodeRed(COMPARED_AT, 2 * MEASURE_MS));
  const { reads, seconds, missed, failed, cpuMicrosecondsPerRead, load } = report;
  return {
    what: `${what}, Node-RED`,
    value: `${(reads / seconds).toFixed(0)} reads/s`,
    ratio: cpuMicrosecondsPerRead / bare.running.cpuMicrosecondsPerRead,
    peer: 'the CPU of the bare loop',
    note: `${missed} missed slots, ${failed} failed reads, ${cpuMicrosecondsPerRead.toFixed(0)} us CPU per read, ${(100 * load).toFixed(0)} % of a core`,
  };
}

async function climb({ name, transport, steps }: Way): Promise<BenchLine[]> {
  const lines: BenchLine[] = [];
  for (const [index, meters] of steps.entries()) {
    const ours = await measure({ way: 'ours', transport, meters });
    const isSound = holds(ours.running) && ours.starting.missed === 0 && ours.starting.failed === 0;
    const what = `${name}: ${meters} meters, 9 assemblies every ${INTERVAL_MS} ms`;
    const line = lineOf(`${what}${isSound ? '' : ' (breaks here)'}`, ours);
    if (meters === COMPARED_AT || index === steps.length - 2) {
      const bare = await measure({ way: 'bare', transport, meters });
      lines.push(lineOf(`${what}, bare loop`, bare), compared(line, ours, bare));
      if (meters === COMPARED_AT && transport === 'ucmm') lines.push(await throughNodeRed(what, bare));
    } else lines.push(line);
    if (!isSound) break;
  }
  return lines;
}

/**
 * How many meters one process reads, all nine assemblies of each every second, before a slot is missed, a read fails, or
 * the 99th percentile of how late a cycle starts passes the target. Ours is `MeterPoll`, as pm500-poll uses it; the bare
 * loop gets the same bytes at the same times and does nothing with them. The meters are prepared replies in a process of
 * their own (lean-target.ts): those of `pm500 sim` compute what they measure, and break long before.
 */
export async function benchMeters(): Promise<BenchLine[]> {
  const lines: BenchLine[] = [];
  for (const way of WAYS) lines.push(...(await climb(way)));
  return lines;
}
