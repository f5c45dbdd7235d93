import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { resolve } from 'node:path';

export interface SimulatorProcess {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts `pm500 sim`, one meter for each address, as a process of its own, so that its work does not count as ours. */
export async function startSimulatorProcess(
  addresses: string | readonly string[],
  port: number,
  extra: readonly string[] = [],
): Promise<SimulatorProcess> {
  // `npm run bench` begins in the root of the package; the benches are compiled elsewhere.
  const command = resolve('dist/src/cli/main.js');
  const binds = [addresses].flat().flatMap((address) => ['--bind', address]);
  const options = ['sim', ...binds, '--enip-port', String(port), '--seed', '1', '--json', ...extra];
  const child: ChildProcess = spawn(process.execPath, [command, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise<void>((done) =>
    child.once('exit', () => {
      done();
    }),
  );
  if (child.stdout === null) throw new Error('the simulator has no output');
  const ready = new Promise<void>((done) =>
    createInterface({ input: child.stdout! }).once('line', () => {
      done();
    }),
  );
  await Promise.race([
    ready,
    exited.then(() => {
      throw new Error(`pm500 sim ended before it was ready on port ${port}`);
    }),
  ]);
  return {
    port,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
