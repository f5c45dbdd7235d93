import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { runCommand as runInProcess } from '../../src/cli/command';
import { ROOT } from '../../testkit/root';

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command `pm500` from the sources, as a process of its own. */
export function spawnCommand(...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ['-r', 'tsx/cjs', 'src/cli/main.ts', ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs it to its end. */
export async function runCommand(...args: readonly string[]): Promise<CommandResult> {
  return resultOf(spawnCommand(...args));
}

/** Runs it in this process, which is much quicker; it must end by itself. */
export async function runHere(...args: readonly string[]): Promise<CommandResult> {
  let stdout = '';
  let stderr = '';
  const code = await runInProcess(args, {
    print: (text) => {
      stdout += text;
      return true;
    },
    complain: (sentence) => {
      stderr += `${sentence}\n`;
    },
    ended: new AbortController().signal,
  });
  return { code, stdout, stderr };
}

export function resultOf(child: ChildProcess): Promise<CommandResult> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
  return new Promise((done) => {
    child.on('close', (code) => {
      done({ code, stdout, stderr });
    });
  });
}

/** The first line that the process writes. */
export function firstLineOf(child: ChildProcess): Promise<string> {
  return new Promise((done, reject) => {
    if (child.stdout === null) throw new Error('the command has no output');
    createInterface({ input: child.stdout }).once('line', done);
    child.once('close', () => {
      reject(new Error('the command ended without a line'));
    });
  });
}
