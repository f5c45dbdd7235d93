import { join } from 'node:path';
import { startProcess, type RunningProcess } from '../testkit/servers/processes';

/** Starting Node.js takes no longer, on a loaded machine too. */
const START_MS = 15_000;

/** A program among the benches and what it is told, as JSON text in its only argument. */
export interface ChildJob {
  /** What people call it in messages. */
  readonly name: string;
  /** Compiled file beside this one. */
  readonly script: string;
  readonly job: object;
}

/**
 * Starts such a process, whose memory and CPU are its own; resolves when it has written its first line.
 * @param timeoutMs how long that may take, beside the start of Node.js
 * @throws Error with what it wrote last
 */
export function startChild({ name, script, job }: ChildJob, timeoutMs = 0): Promise<RunningProcess> {
  return startProcess({
    name,
    command: process.execPath,
    args: ['--expose-gc', join(__dirname, script), JSON.stringify(job)],
    channel: true,
    ready: (output) => output.includes('\n'),
    readyTimeoutMs: START_MS + timeoutMs,
  });
}

/** Runs such a process until it writes its report, a line of JSON text. */
export async function reportOf<Report>(child: ChildJob, timeoutMs: number): Promise<Report> {
  const running = await startChild(child, timeoutMs);
  try {
    return JSON.parse(running.output().split('\n')[0] ?? '') as Report;
  } finally {
    await running.kill();
  }
}

const LINGER_MS = 60_000;

/** Runs the work of such a process. @param work gives the report, or undefined where it has written what it has to say */
export function serveChild(work: (job: unknown) => Promise<object | undefined>): void {
  const job: unknown = JSON.parse(process.argv[2] ?? '{}');
  // The parent is gone: nobody reads what this process has to say.
  process.once('disconnect', () => process.exit(1));
  work(job).then(
    (report) => {
      if (report === undefined) process.exit(0);
      console.log(JSON.stringify(report));
      // Who has read it ends this process.
      setTimeout(() => process.exit(0), LINGER_MS);
    },
    (thrown: unknown) => {
      console.error(thrown instanceof Error ? thrown.message : String(thrown));
      process.exit(1);
    },
  );
}
