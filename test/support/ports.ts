import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';

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

/** A TCP port that the system has just given away and taken back, for servers that cannot be told to choose. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const server = createServer();
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The first of `count` TCP ports in a row that are all free. */
export async function freePortRange(count: number): Promise<number> {
  const ATTEMPTS = 50;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const first = await freePort();
    if (first + count > 65_535) continue;
    const free = await Promise.all(Array.from({ length: count - 1 }, (_, index) => isPortFree(first + index + 1)));
    if (free.every(Boolean)) return first;
  }
  throw new Error(`No ${count} free ports in a row were found.`);
}

/** `preferred` where it is free, else one that the system chooses. */
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
