import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { Pm500Error } from '../support/errors';
import type { Logger } from '../support/logger';
import { outwardAddress } from './host-networks';

/** A UDP socket that listens. */
export interface BoundDatagramSocket {
  readonly port: number;
  /** What cannot be delivered is lost, as datagrams may be. */
  send(message: Buffer, port: number, address: string): void;
  /** Resolves when it is closed; may be called twice. */
  close(): Promise<void>;
}

const ANY_ADDRESS = '0.0.0.0';

/** Says why a simulated meter cannot listen, and what to do. */
function bindError(thrown: unknown, protocol: 'TCP' | 'UDP', address: string, port: number): Pm500Error {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);
  const where = `${protocol} port ${port} of ${address}`;
  const options = { cause: thrown, retryable: code === 'EADDRINUSE', details: { code, protocol, address, port } };
  switch (code) {
    case 'EADDRINUSE':
      return new Pm500Error(
        'SIMULATOR_BIND_FAILED',
        `Another program, perhaps another simulator, already listens on ${where}; stop it or choose another port or address.`,
        options,
      );
    case 'EADDRNOTAVAIL':
      return new Pm500Error(
        'SIMULATOR_BIND_FAILED',
        `${address} is no address of this machine; choose one that it has, for instance 127.0.0.1.`,
        options,
      );
    case 'EACCES':
      return new Pm500Error(
        'SIMULATOR_BIND_FAILED',
        `The operating system does not allow this program to listen on ${where}; choose a port above 1023.`,
        options,
      );
    default:
      return new Pm500Error(
        'SIMULATOR_BIND_FAILED',
        `Listening on ${where} failed with ${code}; choose another port or address.`,
        options,
      );
  }
}

/**
 * @param port 0 for one that the system chooses
 * @returns the port
 * @throws Pm500Error SIMULATOR_BIND_FAILED
 */
export async function listenTcp(server: Server, address: string, port: number): Promise<number> {
  try {
    server.listen({ host: address, port });
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  } catch (thrown) {
    throw bindError(thrown, 'TCP', address, port);
  }
}

/** Where a UDP socket listens. */
export interface DatagramPlace {
  readonly address: string;
  readonly port: number;
  /** Lets other programs listen there too; default false. */
  readonly share?: boolean;
}

/**
 * @param onMessage called for every datagram, with where it came from
 * @throws Pm500Error SIMULATOR_BIND_FAILED
 */
export async function listenUdp(
  { address, port, share = false }: DatagramPlace,
  onMessage: (message: Buffer, from: { readonly address: string; readonly port: number }) => void,
  logger: Logger,
): Promise<BoundDatagramSocket> {
  const socket = createSocket({ type: 'udp4', reuseAddr: share });
  try {
    socket.bind(port, address);
    await once(socket, 'listening');
    // Multicast leaves where the meter listens, so that a simulation on loopback stays there.
    if (!share) socket.setMulticastInterface(address === ANY_ADDRESS ? outwardAddress() : address);
  } catch (thrown) {
    socket.close();
    throw bindError(thrown, 'UDP', address, port);
  }
  socket.on('error', (error) => {
    logger.warn(`Simulated meter, UDP ${address}:${port}: ${error.message}`);
  });
  socket.on('message', onMessage);
  let closed: Promise<void> | undefined;
  const send = (message: Buffer, toPort: number, toAddress: string): void => {
    if (closed === undefined) socket.send(message, toPort, toAddress, () => undefined);
  };
  return {
    port: socket.address().port,
    send,
    close: () =>
      (closed ??= new Promise((resolve) => {
        socket.close(resolve);
      })),
  };
}
