import type { Clock } from '../../support/clock';
import { Pm500Error } from '../../support/errors';
import { connectTimedOut, tcpConnectFailed, tcpConnectionLost } from './failures';
import { processHalfOpenPorts } from './half-open';
import type { LineEvents } from './line';
import type { ReadOnlySocket } from './read-only-socket';

export interface TcpLineSettings {
  readonly host: string;
  readonly port: number;
  /** 1 to 247; a meter on Ethernet usually ignores it. */
  readonly unitId: number;
  readonly connectTimeoutMs: number;
  /** How long the next attempt to connect may take, where that changes. */
  readonly connectTimeoutNowMs?: () => number;
  /** Where to connect now, when the host is a name that was looked up. */
  readonly addressOf?: () => string;
}

/** How long the other end may take to end its side of a connection. */
const CLOSE_WAIT_MS = 200;

/** A connected socket, whose end is told as that of its line. */
export interface ConnectedSocket {
  readonly socket: ReadOnlySocket;
  /** Closes in order, or at once where no reply has come; resolves when it is closed. May be called twice. */
  readonly destroy: () => Promise<void>;
}

/** True when the local port cannot be had any more. */
function isPortTaken(thrown: unknown): boolean {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  return cause instanceof Error && 'code' in cause && ['EADDRINUSE', 'EADDRNOTAVAIL'].includes(String(cause.code));
}

/** Resolves once the socket is connected; else destroys it, awaits its close and rejects. */
async function connectSocket(
  socket: ReadOnlySocket,
  closed: Promise<void>,
  settings: TcpLineSettings,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const { host, port } = settings;
  const connectTimeoutMs = settings.connectTimeoutNowMs?.() ?? settings.connectTimeoutMs;
  const where = `${host}:${port}`;
  const localPort = processHalfOpenPorts.take(where);
  let cleanUp = (): void => undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = clock.after(connectTimeoutMs, () => {
        reject(connectTimedOut(where, connectTimeoutMs));
      });
      const stop = (): void => {
        reject(signal.reason as Pm500Error);
      };
      const fail = (error: Error): void => {
        reject(tcpConnectFailed(where, error));
      };
      cleanUp = () => {
        timer.cancel();
        signal.removeEventListener('abort', stop);
        socket.off('error', fail);
      };
      signal.addEventListener('abort', stop, { once: true });
      socket.once('error', fail);
      socket.once('connect', resolve);
      socket.begin(settings.addressOf?.() ?? host, port, localPort);
    });
  } catch (thrown) {
    // Whatever kept it from connecting, the other end may not know yet.
    if (!isPortTaken(thrown)) processHalfOpenPorts.note(where, localPort);
    socket.destroy();
    await closed;
    // A port or host that cannot be makes `connect` throw at once.
    throw thrown instanceof TypeError || thrown instanceof RangeError ? tcpConnectFailed(where, thrown) : thrown;
  } finally {
    cleanUp();
  }
}

/** A socket that is connected, and what has become of it. */
interface OpenSocket {
  readonly socket: ReadOnlySocket;
  readonly closed: Promise<void>;
  readonly failure: () => Error | undefined;
}

async function openSocket(
  settings: TcpLineSettings,
  clock: Clock,
  createSocket: (where: string) => ReadOnlySocket,
  signal: AbortSignal,
): Promise<OpenSocket> {
  const socket = createSocket(`${settings.host}:${settings.port}`);
  let failure: Error | undefined;
  const closed = new Promise<void>((resolve) => socket.once('close', resolve));
  socket.on('error', (error) => {
    failure = error;
  });
  await connectSocket(socket, closed, settings, clock, signal);
  return { socket, closed, failure: () => failure };
}

/**
 * Connects one socket of its own, or rejects with a coded error and leaves nothing open. What arrives and that it ended is
 * told to `events`.
 */
export async function connectTcp(
  settings: TcpLineSettings,
  clock: Clock,
  createSocket: (where: string) => ReadOnlySocket,
  events: LineEvents,
  signal: AbortSignal,
): Promise<ConnectedSocket> {
  const where = `${settings.host}:${settings.port}`;
  const open = (): Promise<OpenSocket> => openSocket(settings, clock, createSocket, signal);
  const { socket, closed, failure } = await open().catch((thrown: unknown) => {
    // Another program has the local port of the connection before: any other does.
    if (isPortTaken(thrown)) return open();
    throw thrown;
  });
  let destroyed = false;
  const { localPort } = socket;
  /** What had been sent when the last reply came. */
  let answeredBytes = 0;
  socket.on('data', (chunk) => {
    answeredBytes = socket.bytesWritten;
    events.onBytes(chunk);
  });
  socket.on('end', () => {
    socket.destroy();
  });
  const giveUp = (): void => {
    if (socket.destroyed) return;
    processHalfOpenPorts.note(where, localPort);
    socket.resetAndDestroy();
  };
  socket.on('close', () => {
    // A reset may come from something in between.
    const cause = failure();
    if (cause !== undefined) processHalfOpenPorts.note(where, localPort);
    if (!destroyed) events.onLost(cause instanceof Pm500Error ? cause : tcpConnectionLost(where, cause));
  });
  return {
    socket,
    destroy: () => {
      if (destroyed) return closed;
      destroyed = true;
      if (socket.bytesWritten > answeredBytes) giveUp();
      else {
        // The other end may not hear of it.
        const timer = clock.after(CLOSE_WAIT_MS, giveUp);
        socket.once('close', () => {
          timer.cancel();
        });
        socket.end();
      }
      return closed;
    },
  };
}
