import { createLinkTransport } from '../src/acquisition/link-transport';
import { MeterRegistry, type AcquiredMeter } from '../src/acquisition/meter-registry';
import { settingsOf, type MeterChoice } from '../src/acquisition/meter-settings';
import { phaseOf } from '../src/acquisition/poll-schedule';
import { startSchedule, type Schedule } from '../src/acquisition/schedule';
import { GROUPS } from '../src/meter/groups';
import { QUIRKS } from '../src/meter/quirks';
import { delay, systemClock } from '../src/support/clock';
import { silentLogger } from '../src/support/logger';
import { percentile } from './measure';
import type { BenchLine } from './report';
import { startSimulatorProcess } from './simulator-process';

const INTERVAL_MS = 1000;
/** Connecting, and the first readings, are over after this. */
const SETTLE_MS = 4000;
const MEASURE_MS = 6000;
/** Numbers of meters to try, each while the one before has held. */
const STEPS = [100, 250, 500, 750, 1000, 1500] as const;
/** The target of the product: what more than this late is, counts as broken. */
const MOST_JITTER_MS = 50;
const ALL_GROUPS = GROUPS.map(({ name }) => name);
const METERS_PER_NETWORK = 250;
const BYTES_PER_KILOBYTE = 1024;

/** How the meters are reached. */
type Choice = Pick<MeterChoice, 'transport' | 'rpiMs'>;

interface Outcome {
  readonly meters: number;
  readonly missed: number;
  readonly failed: number;
  readonly readsPerSecond: number;
  readonly cpuMicrosecondsPerRead: number;
  readonly p50JitterMs: number;
  readonly p99JitterMs: number;
  readonly kilobytesPerMeter: number;
}

function addressOf(index: number): string {
  return `127.0.${10 + Math.floor(index / METERS_PER_NETWORK)}.${1 + (index % METERS_PER_NETWORK)}`;
}

/** One schedule per meter, all nine assemblies in every cycle, as pm500-poll does it. */
async function measureMeters(count: number, choice: Choice): Promise<Outcome> {
  const addresses = Array.from({ length: count }, (_, index) => addressOf(index));
  const simulator = await startSimulatorProcess(addresses, QUIRKS.enipPort.value);
  const registry = new MeterRegistry({
    clock: systemClock,
    random: Math.random,
    logger: silentLogger,
    createTransport: (settings) =>
      createLinkTransport(settings, { clock: systemClock, random: Math.random, logger: silentLogger }),
  });
  (globalThis as { gc?: () => void }).gc?.();
  const memoryBefore = process.memoryUsage.rss();
  const jitters: number[] = [];
  let reads = 0;
  let failed = 0;
  let measuring = false;
  const acquired: AcquiredMeter[] = [];
  const schedules: Schedule[] = [];
  for (const host of addresses) {
    const meter = registry.acquire(settingsOf({ name: host, host, layoutConfirmed: true, ...choice }));
    acquired.push(meter);
    schedules.push(
      startSchedule({
        intervalMs: INTERVAL_MS,
        phaseMs: phaseOf(host, INTERVAL_MS),
        clock: systemClock,
        onTick: async (slot) => {
          const late = systemClock.now() - slot;
          const { blocks } = await meter.session.readGroups(ALL_GROUPS);
          if (!measuring) return;
          jitters.push(late);
          reads += blocks.length;
          failed += blocks.filter(({ error }) => error !== undefined).length;
        },
        onError: () => {
          failed++;
        },
      }),
    );
  }
  try {
    await delay(systemClock, SETTLE_MS);
    const missedBefore = schedules.reduce((sum, { missed }) => sum + missed, 0);
    const cpuBefore = process.cpuUsage();
    const startedAt = performance.now();
    measuring = true;
    await delay(systemClock, MEASURE_MS);
    measuring = false;
    const seconds = (performance.now() - startedAt) / 1000;
    const cpu = process.cpuUsage(cpuBefore);
    const memory = process.memoryUsage.rss() - memoryBefore;
    return {
      meters: count,
      missed: schedules.reduce((sum, { missed }) => sum + missed, 0) - missedBefore,
      failed,
      readsPerSecond: reads / seconds,
      cpuMicrosecondsPerRead: (cpu.user + cpu.system) / reads,
      p50JitterMs: percentile(jitters, 0.5),
      p99JitterMs: percentile(jitters, 0.99),
      kilobytesPerMeter: memory / BYTES_PER_KILOBYTE / count,
    };
  } finally {
    await Promise.all(schedules.map((schedule) => schedule.stop()));
    await Promise.all(acquired.map((meter) => meter.release()));
    await simulator.stop();
  }
}

function holds({ missed, failed, p99JitterMs }: Outcome): boolean {
  return missed === 0 && failed === 0 && p99JitterMs <= MOST_JITTER_MS;
}

function describe(outcome: Outcome): string {
  const { missed, failed, p50JitterMs, p99JitterMs, cpuMicrosecondsPerRead, kilobytesPerMeter } = outcome;
  return `${missed} missed slots, ${failed} failed reads, jitter p50 ${p50JitterMs.toFixed(1)} ms p99 ${p99JitterMs.toFixed(1)} ms, ${cpuMicrosecondsPerRead.toFixed(0)} us CPU per read, ${kilobytesPerMeter.toFixed(0)} kB per meter`;
}

async function climb(name: string, choice: Choice): Promise<BenchLine[]> {
  const lines: BenchLine[] = [];
  for (const count of STEPS) {
    const outcome = await measureMeters(count, choice);
    lines.push({
      what: `${name}: ${count} meters, 9 assemblies/s each${holds(outcome) ? '' : ' (breaks here)'}`,
      value: `${outcome.readsPerSecond.toFixed(0)} reads/s`,
      note: describe(outcome),
    });
    if (!holds(outcome)) break;
  }
  return lines;
}

/**
 * How many meters one process reads, all nine assemblies of each every second, before a slot is missed, a read fails, or
 * the 99th percentile of how late a cycle starts passes the target. The simulated meters run on the same machine.
 */
export async function benchMeters(): Promise<BenchLine[]> {
  return [
    ...(await climb('explicit (UCMM)', { transport: 'ucmm' })),
    ...(await climb('implicit (Input Only)', { transport: 'input-only', rpiMs: INTERVAL_MS })),
  ];
}
