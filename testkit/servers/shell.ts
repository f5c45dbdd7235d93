import { spawn, type ChildProcess } from 'node:child_process';

/** How a program ended, and both of its outputs. */
export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

export interface ShellOptions {
  readonly args?: readonly string[];
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What it reads. */
  readonly input?: string;
  /** Whose rights it has; only root can give others than its own. */
  readonly user?: number;
  /** At the head of a process group of its own, which can be ended as one. */
  readonly detached?: boolean;
  /** Called with the process as soon as it runs. */
  readonly started?: (child: ChildProcess) => void;
}

/** Runs a shell script as an operator does, and resolves when it has ended. */
export function runScript(script: string, options: ShellOptions = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', [script, ...(options.args ?? [])], {
      env: { ...process.env, ...options.env },
      detached: options.detached ?? false,
      ...(options.user === undefined ? {} : { uid: options.user, gid: options.user }),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    // A script that ends without reading is no fault.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    child.once('error', reject);
    child.once('close', (status, signal) => {
      resolve({ status, signal, output });
    });
    options.started?.(child);
  });
}
