import type { Account } from './account';
import { Refusal } from './rules';

export type JobStatus = 'QUEUED' | 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED' | 'REJECTED' | 'CANCELED';

/** What one thing is to do for one job. */
export interface Execution {
  readonly jobId: string;
  readonly thing: string;
  readonly document: unknown;
  status: JobStatus;
  /** Goes up by one with each change. */
  version: number;
}

/** States that a job execution never leaves. */
const LAST: readonly JobStatus[] = ['SUCCEEDED', 'FAILED', 'REJECTED', 'CANCELED'];
const TO: readonly unknown[] = ['IN_PROGRESS', 'SUCCEEDED', 'FAILED', 'REJECTED'];

/** Jobs of AWS IoT Device Management, in the order in which they were made. */
export class Jobs {
  readonly executions: Execution[] = [];
  /** Told when what a thing is to do next may have changed. */
  onChange: (thing: string) => void = () => undefined;

  constructor(private readonly account: Account) {}

  create(thing: string, jobId: string, document: unknown): Execution {
    const execution: Execution = { jobId, thing, document, status: 'QUEUED', version: 1 };
    this.executions.push(execution);
    this.onChange(thing);
    return execution;
  }

  /** By an operator, also while it is in progress (with force). */
  cancel(thing: string, jobId: string): void {
    const execution = this.find(thing, jobId);
    execution.status = 'CANCELED';
    execution.version += 1;
    this.onChange(thing);
  }

  next(thing: string): Execution | undefined {
    const open = this.executions.filter((each) => each.thing === thing && !LAST.includes(each.status));
    return open.find(({ status }) => status === 'IN_PROGRESS') ?? open[0];
  }

  startNext(thing: string): Readonly<Record<string, unknown>> {
    const execution = this.next(thing);
    if (execution === undefined) return {};
    if (execution.status === 'QUEUED') {
      execution.status = 'IN_PROGRESS';
      execution.version += 1;
    }
    return { execution: describe(execution) };
  }

  get(thing: string, jobId: string): Readonly<Record<string, unknown>> {
    const execution = jobId === '$next' ? this.next(thing) : this.find(thing, jobId);
    return execution === undefined ? {} : { execution: describe(execution) };
  }

  pending(thing: string): Readonly<Record<string, unknown>> {
    const of = (wanted: JobStatus): readonly unknown[] =>
      this.executions
        .filter((each) => each.thing === thing && each.status === wanted)
        .map(({ jobId, version }) => ({ jobId, versionNumber: version, executionNumber: 1 }));
    return { inProgressJobs: of('IN_PROGRESS'), queuedJobs: of('QUEUED') };
  }

  /** What a thing is notified of: its open jobs by state. */
  changed(thing: string): Readonly<Record<string, unknown>> {
    const { inProgressJobs, queuedJobs } = this.pending(thing);
    return { jobs: { IN_PROGRESS: inProgressJobs, QUEUED: queuedJobs } };
  }

  update(
    thing: string,
    jobId: string,
    { status, expectedVersion, includeJobExecutionState }: Readonly<Record<string, unknown>>,
  ): Readonly<Record<string, unknown>> {
    const execution = this.find(thing, jobId);
    const state = { executionState: { status: execution.status, versionNumber: execution.version } };
    const isOther = expectedVersion !== undefined && Number(expectedVersion) !== execution.version;
    if (isOther && this.account.enforces('job-version'))
      throw new Refusal('VersionMismatch', 'The version is another one.', 409, state);
    if (!TO.includes(status)) throw new Refusal('InvalidRequest', 'The status is none.');
    if (LAST.includes(execution.status) && this.account.enforces('job-states'))
      throw new Refusal('InvalidStateTransition', `The job is ${execution.status}.`, 409, state);
    execution.status = status as JobStatus;
    execution.version += 1;
    this.onChange(thing);
    if (includeJobExecutionState !== true) return {};
    return { executionState: { status: execution.status, versionNumber: execution.version } };
  }

  private find(thing: string, jobId: string): Execution {
    const found = this.executions.find((each) => each.thing === thing && each.jobId === jobId);
    if (found === undefined) throw new Refusal('ResourceNotFound', `Job ${jobId} is not there.`, 404);
    return found;
  }
}

function describe({ jobId, thing, document, status, version }: Execution): Readonly<Record<string, unknown>> {
  return { jobId, thingName: thing, jobDocument: document, status, versionNumber: version, executionNumber: 1 };
}
