import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CertificateAuthority } from './certificates';
import { startLastingServer, type LastingServer } from './lasting-server';
import { freePort } from './ports';
import { findProgram } from './programs';
import { temporaryFolder } from '../temporary-folder';

export interface MosquittoOptions {
  /** 0, the default, for one that the system chooses. */
  readonly port?: number;
  /** Further lines of the configuration file, for instance "max_packet_size 1000". */
  readonly lines?: readonly string[];
  /** Keeps retained messages and sessions on the disk, where a line says. */
  readonly persistent?: boolean;
}

export interface Mosquitto extends LastingServer {
  readonly port: number;
  /** mqtt://host:port */
  readonly url: string;
}

/**
 * Lines of a further listener that takes only clients with a certificate of `authority`.
 * @param days until its own expires; negative: it has expired
 */
export function mutualTlsLines(port: number, authority: CertificateAuthority, days = 5): readonly string[] {
  const server = authority.issue('server', days);
  return [
    `listener ${port} 127.0.0.1`,
    `cafile ${authority.certificate}`,
    `certfile ${server.certificate}`,
    `keyfile ${server.key}`,
    'require_certificate true',
  ];
}

/**
 * A plugin of Mosquitto, beside the libraries of the program. `dynamic_security` refuses subscriptions; access files deny
 * without a word.
 */
export function findMosquittoPlugin(plugin: 'dynamic_security'): string {
  const name = `mosquitto_${plugin}.so`;
  const prefix = dirname(dirname(findProgram('mosquitto')));
  const folders = ['/usr', prefix].flatMap((root) => [
    `${root}/lib/x86_64-linux-gnu`,
    `${root}/lib/aarch64-linux-gnu`,
    `${root}/lib`,
  ]);
  const found = folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
  if (found === undefined) throw new Error(`${name} comes with Mosquitto; it was not found in ${folders.join(', ')}.`);
  return found;
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
  const server = await startLastingServer(
    {
      name: 'mosquitto',
      command: findProgram('mosquitto'),
      args: ['-c', file],
      ready: (output) => /mosquitto version \S+ running/.test(output),
    },
    folder,
  );
  return Object.assign(server, { port: listening, url: `mqtt://127.0.0.1:${listening}` });
}
