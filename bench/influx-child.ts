import { join } from 'node:path';
import { startProcess, type RunningProcess } from '../test/support/processes';
import type { Job, RateJob, RateReport } from './influx-process';

/** Starting Node.js and opening the writer take no longer, on a loaded machine too. */
const START_MS = 15_000;

function start(job: Job, readyTimeoutMs: number): Promise<RunningProcess> {
  return startProcess({
    name: `${job.way} (${job.kind})`,
    command: process.execPath,
    args: ['--expose-gc', join(__dirname, 'influx-process.js'), JSON.stringify(job)],
    channel: true,
    ready: (output) => output.includes('\n'),
    readyTimeoutMs,
  });
}

/** Starts a process that writes numbered points; resolves when it has accepted the first. */
export function startWriting(job: Job): Promise<RunningProcess> {
  return start(job, START_MS);
}

/** Numbers of the points that such a process has accepted. */
export function acceptedBy(running: RunningProcess): readonly number[] {
  const lines = running.output().split('\n');
  return lines.filter((line) => /^\d+$/.test(line)).map(Number);
}

/** Measures one way in a process of its own. @throws Error when it does not end in time, with what it wrote last */
export async function runRate(job: RateJob): Promise<RateReport> {
  const running = await start(job, START_MS + job.durationMs + 2 * job.endMs);
  try {
    return JSON.parse(running.output().split('\n')[0] ?? '') as RateReport;
  } finally {
    await running.kill();
  }
}
