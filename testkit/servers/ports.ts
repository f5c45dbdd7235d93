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
/** Environment variable: which part of the quiet ports a process may take, as "0/5" for the first of five. */
const PORTS_PART = 'PM500_TEST_PORTS';
const ATTEMPTS = 200;

/** What a process has to be started with so that no other part of a test run takes a port that it has found free. */
export function portsEnvironment(part: number, parts: number): Record<string, string> {
  return { [PORTS_PART]: `${part}/${parts}` };
}

/** The quiet ports of this process: all of them, unless it is one of several that run side by side. */
function quietPorts(): PortRange {
  const [part = 0, parts = 1] = (process.env[PORTS_PART] ?? '0/1').split('/').map(Number);
  const size = Math.floor((QUIET_PORTS.to - QUIET_PORTS.from) / parts);
  const from = QUIET_PORTS.from + part * size;
  return { from, to: from + size };
}

let nextPort: number | undefined;

/** Each answer is another one, so that two who ask at the same time get no port together. */
function nextQuietPorts(count: number): number {
  const { from, to } = quietPorts();
  nextPort ??= randomInt(from, to);
  const first = nextPort + count > to ? from : nextPort;
  nextPort = first + count;
  return first;
}

/**
 * The first of `count` ports in a row that are free for TCP and UDP, for servers that cannot be told to choose.
 * @param range quiet ports where absent
 */
export async function freePortRange(count: number, host = '127.0.0.1', range?: PortRange): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const first = range === undefined ? nextQuietPorts(count) : randomInt(range.from, range.to - count);
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
