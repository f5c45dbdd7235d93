import type { RunningProcess } from '../testkit/servers/processes';
import { reportOf, startChild, type ChildJob } from './child';
import type { CostJob, CostReport, Job, OutageJob, RateJob, RateReport } from './influx-process';

const childOf = (job: Job): ChildJob => ({ name: `${job.way} (${job.kind})`, script: 'influx-process.js', job });

/** Starts a process that writes numbered points; resolves when it has accepted the first. */
export function startWriting(job: OutageJob): Promise<RunningProcess> {
  return startChild(childOf(job));
}

/** Numbers of the points that such a process has accepted. */
export function acceptedBy(running: RunningProcess): readonly number[] {
  const lines = running.output().split('\n');
  return lines.filter((line) => /^\d+$/.test(line)).map(Number);
}

/** Measures one way in a process of its own. @throws Error when it does not end in time, with what it wrote last */
export function runRate(job: RateJob): Promise<RateReport> {
  return reportOf<RateReport>(childOf(job), job.durationMs + 2 * job.endMs);
}

/** Measures what a number of points costs in a process of its own. @throws Error when it does not end in time */
export function runCost(job: CostJob, timeoutMs: number): Promise<CostReport> {
  return reportOf<CostReport>(childOf(job), timeoutMs);
}
