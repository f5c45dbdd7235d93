import { connect } from 'node:net';
import type { RequestFrame } from '../wire/requests';

/** What is needed of a `net.Socket`, so that tests can give another one. It takes nothing but requests that may be sent. */
export interface SocketLike {
  on(event: 'connect' | 'end' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  write(frame: RequestFrame): unknown;
  end(frame: RequestFrame): unknown;
  destroy(): unknown;
  setNoDelay(noDelay: boolean): unknown;
  /** IP address of the other end, once connected. */
  readonly remoteAddress?: string | undefined;
  /** IP address of this end, once connected: that of the interface by which the other end is reached. */
  readonly localAddress?: string | undefined;
}

/**
 * Starts a TCP connection; the socket tells by events whether it succeeds. May throw when host or port cannot be.
 * @param onBytes takes what arrives; the memory is used again afterward
 */
export type Connect = (host: string, port: number, onBytes: (chunk: Buffer) => void) => SocketLike;

/** Many replies fit; a larger one is cut in two and put together again. */
const RECEIVE_BUFFER_BYTES = 4096;

/** Receives into one buffer for the life of the connection, instead of a new one of 64 KiB for each reply. */
export const connectTcp: Connect = (host, port, onBytes) => {
  const buffer = Buffer.alloc(RECEIVE_BUFFER_BYTES);
  const callback = (count: number): boolean => {
    onBytes(count === RECEIVE_BUFFER_BYTES ? buffer : buffer.subarray(0, count));
    return true;
  };
  return connect({ host, port, onread: { buffer, callback } });
};

/** Why the operating system gave up on an address, in words. */
const REASONS: ReadonlyMap<unknown, string> = new Map([
  ['ECONNREFUSED', 'nothing listens there; check the address, the port and that the meter has the EtherNet/IP option'],
  ['ECONNRESET', 'the connection was reset; check that the meter has a free session'],
  ['EHOSTUNREACH', 'the host cannot be reached; check the address and that the meter is powered'],
  ['EHOSTDOWN', 'the host cannot be reached; check the address and that the meter is powered'],
  ['ENETUNREACH', 'there is no route to its network; check the address and the gateway'],
  ['ENOTFOUND', 'the host name is not known; check its spelling or use the IP address'],
  ['EAI_AGAIN', 'the host name could not be looked up; check the name server or use the IP address'],
  ['ETIMEDOUT', 'the host does not answer; check the address and that the meter is powered'],
  ['EMFILE', 'this process may open no more connections; raise its limit of open files (ulimit -n)'],
  ['ENFILE', 'this computer may open no more connections; raise its limit of open files'],
  ['EADDRNOTAVAIL', 'this computer has no such address, or no free port; check the local address'],
  ['EACCES', 'this computer does not allow it; check its firewall and the rights of this process'],
  ['EPERM', 'this computer does not allow it; check its firewall and the rights of this process'],
]);

/** The end of a sentence about a failed socket. */
export function describeSocketError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const message = error instanceof Error ? error.message : String(error);
  return `${REASONS.get(code) ?? `${message}; check the address and the network`}.`;
}
