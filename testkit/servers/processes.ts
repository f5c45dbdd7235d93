import { spawn, type ChildProcess } from 'node:child_process';
import { PATIENCE_MS, waitFor } from '../wait';

export interface ChildOptions {
  /** What people call it in messages. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** An open channel to this process: the child can notice when this process is gone. */
  readonly channel?: boolean;
  /** Tells whether the child is ready, by what it has written or by asking it. */
  readonly ready: (output: string) => boolean | Promise<boolean>;
  readonly readyTimeoutMs?: number;
}

/** A child process that was ready; `stop` ends it, and nothing survives the end of this process. */
export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  readonly running: boolean;
  /** Exit code or signal name, once it has ended and what it wrote is known. */
  readonly exited: Promise<number | string>;
  /** Everything it has written to both of its outputs, the oldest cut off. */
  output(): string;
  /** Sends it a message over its channel; nothing happens when it has ended. */
  tell(message: object): void;
  /** Hears what it says over its channel, until the returned function is called. */
  onMessage(listener: (message: unknown) => void): () => void;
  /** Asks it to end, insists after a while, and resolves when it is gone. */
  stop(): Promise<void>;
  /** Ends it without giving it a chance to clean up. */
  kill(): Promise<void>;
}

const MOST_OUTPUT_CHARACTERS = 400_000;
const INSIST_AFTER_MS = 8000;
/** After its end what it wrote last is waited for; longer only where a child of its own holds the pipe, which nobody waits for. */
const LAST_OUTPUT_MS = 1000;
const TAIL_LINES = 40;

const alive = new Set<Child>();

class Child implements RunningProcess {
  readonly name: string;
  readonly exited: Promise<number | string>;
  private readonly child: ChildProcess;
  private text = '';
  private ended = false;

  constructor(options: ChildOptions) {
    this.name = options.name;
    const stdio = ['ignore', 'pipe', 'pipe', ...(options.channel === true ? ['ipc' as const] : [])] as const;
    this.child = spawn(options.command, options.args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...process.env, ...options.env },
      stdio: [...stdio],
    });
    const collect = (chunk: Buffer): void => {
      this.text = (this.text + chunk.toString('utf8')).slice(-MOST_OUTPUT_CHARACTERS);
    };
    this.child.stdout?.on('data', collect);
    this.child.stderr?.on('data', collect);
    this.exited = new Promise((resolve) => {
      const end = (): void => {
        this.ended = true;
        alive.delete(this);
      };
      this.child.on('error', (error) => {
        this.text += `${error.message}\n`;
        if (this.child.pid !== undefined) return;
        end();
        resolve(error.message);
      });
      this.child.on('exit', (code, signal) => {
        end();
        const how = code ?? signal ?? 'unknown';
        const late = setTimeout(resolve, LAST_OUTPUT_MS, how);
        this.child.once('close', () => {
          clearTimeout(late);
          resolve(how);
        });
      });
    });
    alive.add(this);
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  get running(): boolean {
    return !this.ended;
  }

  output(): string {
    return this.text;
  }

  tell(message: object): void {
    // One that is ending has no channel any more, and is told nothing.
    if (!this.ended && this.child.connected) this.child.send(message, () => undefined);
  }

  onMessage(listener: (message: unknown) => void): () => void {
    this.child.on('message', listener);
    return () => this.child.off('message', listener);
  }

  async stop(): Promise<void> {
    if (!this.ended) this.child.kill('SIGTERM');
    const insist = setTimeout(() => {
      this.killNow();
    }, INSIST_AFTER_MS);
    await this.exited;
    clearTimeout(insist);
  }

  async kill(): Promise<void> {
    this.killNow();
    await this.exited;
  }

  killNow(): void {
    if (!this.ended) this.child.kill('SIGKILL');
  }
}

/** The last lines that a process has written, for messages. */
export function tailOf(running: Pick<RunningProcess, 'name' | 'output'>): string {
  const lines = running.output().trimEnd().split('\n').slice(-TAIL_LINES);
  return [`--- ${running.name} wrote last:`, ...lines].join('\n');
}

/**
 * Resolves when a process has written this. What it writes comes by a way of its own: later than what it does meanwhile
 * elsewhere, such as a status in an editor or an answer to a request.
 * @param since characters of its output that do not count
 */
export async function written(
  running: Pick<RunningProcess, 'name' | 'output'>,
  text: RegExp,
  since = 0,
): Promise<void> {
  await waitFor(`${running.name} to write ${String(text)}`, () => text.test(running.output().slice(since)));
}

/** What every living child process has written last, for a failed test. */
export function tailsOfAll(): string {
  return [...alive].map(tailOf).join('\n');
}

function killAll(): void {
  for (const child of alive) child.killNow();
}

let guarded = false;

/** No child outlives this process, unless it is killed without notice. */
function guard(): void {
  if (guarded) return;
  guarded = true;
  process.on('exit', killAll);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      if (process.listenerCount(signal) > 0) return;
      killAll();
      process.kill(process.pid, signal);
    });
  }
}

/**
 * Starts a child process and resolves when it is ready.
 * @throws Error with the last lines it wrote, when it ends or stays silent instead
 */
export async function startProcess(options: ChildOptions): Promise<RunningProcess> {
  guard();
  const child = new Child(options);
  try {
    await waitFor(
      `${options.name} to be ready`,
      async () => {
        if (!child.running) return true;
        return (await options.ready(child.output())) && true;
      },
      { timeoutMs: options.readyTimeoutMs ?? PATIENCE_MS },
    );
    if (!child.running) throw new Error(`${options.name} ended (${await child.exited}) before it was ready.`);
    return child;
  } catch (thrown) {
    await child.kill();
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new Error(`${why}\n${tailOf(child)}`, { cause: thrown });
  }
}
