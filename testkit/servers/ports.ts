import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** Whether a server may listen on this TCP port now. */
export async function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

async function isUdpPortFree(port: number, host: string): Promise<boolean> {
  const socket = createSocket('udp4');
  try {
    socket.bind(port, host);
    await once(socket, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    socket.close();
  }
}

export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Below the ports that the system gives to connections (32768 and above on Linux, 49152 elsewhere), so that none of the
 * many connections of a test run takes a port between the moment it is found free and the moment a server listens on it.
 */
const QUIET_PORTS: PortRange = { from: 12_000, to: 32_000 };
const ATTEMPTS = 200;

/** The first of `count` ports in a row that are free for TCP and UDP, for servers that cannot be told to choose. */
export async function freePortRange(
  count: number,
  host = '127.0.0.1',
  { from, to }: PortRange = QUIET_PORTS,
): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const first = randomInt(from, to - count);
    const free = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const port = first + index;
        return (await isPortFree(port, host)) && (await isUdpPortFree(port, host));
      }),
    );
    if (free.every(Boolean)) return first;
  }
  throw new Error(`No ${count} free ports in a row were found.`);
}

/** A port that is free for TCP and UDP. */
export function freePort(host = '127.0.0.1'): Promise<number> {
  return freePortRange(1, host);
}

/** `preferred` where it is free, else another one that is. */
export async function portNear(preferred: number, host = '127.0.0.1'): Promise<number> {
  return (await isPortFree(preferred, host)) ? preferred : freePort(host);
}

/** Whether somebody takes connections on this TCP port now; unlike `isPortFree` it never stands in anybody's way. */
export function isListening(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    const finish = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => {
      finish(true);
    });
    socket.once('error', () => {
      finish(false);
    });
  });
}
