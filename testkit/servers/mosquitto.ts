import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './ports';
import { startProcess, type RunningProcess } from './processes';
import { findProgram } from './programs';
import { removeFolder, temporaryFolder } from '../temporary-folder';

export interface MosquittoOptions {
  /** 0, the default, for one that the system chooses. */
  readonly port?: number;
  /** Further lines of the configuration file, for instance "max_packet_size 1000". */
  readonly lines?: readonly string[];
  /** Keeps retained messages and sessions on the disk, where a line says. */
  readonly persistent?: boolean;
}

export interface Mosquitto {
  readonly port: number;
  /** mqtt://host:port */
  readonly url: string;
  readonly process: RunningProcess;
  /** Stops the broker as an outage would; its port stays. */
  halt(): Promise<void>;
  /** Starts it again after `halt`. */
  resume(): Promise<void>;
  /** Ends it for good. */
  stop(): Promise<void>;
}

/** A Mosquitto of its own on the loopback interface, without authentication. */
export async function startMosquitto({
  port = 0,
  lines = [],
  persistent = false,
}: MosquittoOptions = {}): Promise<Mosquitto> {
  const listening = port === 0 ? await freePort() : port;
  const folder = temporaryFolder('mosquitto');
  const file = join(folder, 'mosquitto.conf');
  const configuration = [
    `listener ${listening} 127.0.0.1`,
    'allow_anonymous true',
    `persistence ${persistent}`,
    'log_dest stderr',
    'log_type all',
    ...(process.getuid?.() === 0 ? ['user root'] : []),
    ...lines,
  ];
  writeFileSync(file, `${configuration.join('\n')}\n`);
  const start = (): Promise<RunningProcess> =>
    startProcess({
      name: 'mosquitto',
      command: findProgram('mosquitto'),
      args: ['-c', file],
      ready: (output) => /mosquitto version \S+ running/.test(output),
    });
  let running = await start();
  return {
    port: listening,
    url: `mqtt://127.0.0.1:${listening}`,
    get process() {
      return running;
    },
    halt: () => running.stop(),
    resume: async () => {
      running = await start();
    },
    stop: async () => {
      await running.stop();
      removeFolder(folder);
    },
  };
}
