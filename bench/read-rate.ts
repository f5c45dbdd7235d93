import { percentile } from './measure';

const DURATION_MS = 3000;
const WARM_UP_READS = 2000;

export interface ReadRate {
  readonly perSecond: number;
  readonly cpuMicrosecondsPerRead: number;
  readonly p50Microseconds: number;
  readonly p99Microseconds: number;
}

/** Reads back to back, one after the other, for a while. */
export async function measureReads(read: () => Promise<unknown>): Promise<ReadRate> {
  const latencies: number[] = [];
  for (let warmUp = 0; warmUp < WARM_UP_READS; warmUp++) await read();
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  for (let now = startedAt; now - startedAt < DURATION_MS;) {
    await read();
    const after = performance.now();
    latencies.push(after - now);
    now = after;
  }
  const elapsedMs = performance.now() - startedAt;
  const cpu = process.cpuUsage(cpuBefore);
  return {
    perSecond: (latencies.length / elapsedMs) * 1000,
    cpuMicrosecondsPerRead: (cpu.user + cpu.system) / latencies.length,
    p50Microseconds: percentile(latencies, 0.5) * 1000,
    p99Microseconds: percentile(latencies, 0.99) * 1000,
  };
}

/** The best round of each, taken in turn, so that a disturbance of the machine does not fall on one side only. */
export function bestOf(left: ReadRate | undefined, right: ReadRate): ReadRate {
  return left === undefined || right.perSecond > left.perSecond ? right : left;
}
