import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { resolve } from 'node:path';

export interface SimulatorProcess {
  readonly address: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts `pm500 sim` as a process of its own, so that its work does not count as ours. */
export async function startSimulatorProcess(address: string, port: number): Promise<SimulatorProcess> {
  // `npm run bench` begins in the root of the package; the benches are compiled elsewhere.
  const command = resolve('dist/src/cli/main.js');
  const options = ['sim', '--bind', address, '--enip-port', String(port), '--seed', '1', '--json'];
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
      throw new Error(`pm500 sim ended before it was ready on ${address}:${port}`);
    }),
  ]);
  return {
    address,
    port,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
