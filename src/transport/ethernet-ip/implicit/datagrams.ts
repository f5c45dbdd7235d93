import { Pm500Error } from '../../../support/errors';
import type { Logger } from '../../../support/logger';
import { decodeCyclicFrame, type ReceivedCyclicFrame } from '../wire/cyclic-frame';
import type { DatagramSocket, OpenDatagramSocket } from './datagram-socket';
import type { RequestFrame } from '../wire/requests';
import { describeSocketError } from '../session/socket';

export interface DatagramSettings {
  /** UDP port to receive at; 0 lets the system choose. */
  readonly port: number;
  /** Address of the network interface to receive at; default: all, and for a group the operating system's choice. */
  readonly localAddress?: string | undefined;
  /**
   * Multicast group to receive in place of what is sent to this machine. Several sockets and programs may receive one
   * group, at one port.
   */
  readonly group?: string | undefined;
}

/** Linux gives at most what net.core.rmem_max says, without an error. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

/**
 * True where a socket may be bound to the group itself. It then gets nothing but the group, so that a program which reads
 * a meter point-to-point keeps its datagrams, and frames leave from the port of the group, as some devices demand.
 */
const BINDS_GROUP = process.platform === 'linux';

export type FrameListener = (frame: ReceivedCyclicFrame) => void;

/** Who wants the frames of a connection. Meters that send to a group choose its id, so two may have the same. */
interface Receiver {
  readonly address: string;
  readonly listener: FrameListener;
}

/** The socket is gone. */
export type LostListener = (error: Pm500Error) => void;

/**
 * One UDP socket for the I/O connections of all meters of a process. What arrives is handed to whom it belongs by the
 * address it comes from and its connection id; whatever nobody waits for is dropped, as any stray datagram.
 */
export class Datagrams {
  /** By connection id; what is there is never changed, so that a listener may come or go while a frame is handed on. */
  private readonly subscribers = new Map<number, readonly Receiver[]>();
  private readonly lostListeners = new Set<LostListener>();
  private closed: Promise<void> | undefined;

  private constructor(
    private readonly socket: DatagramSocket,
    private readonly logger: Logger,
  ) {}

  /**
   * @throws Pm500Error ENIP_PORT_IN_USE, or ENIP_CONNECT_FAILED when the socket cannot be opened for another reason
   */
  static open(settings: DatagramSettings, openSocket: OpenDatagramSocket, logger: Logger): Promise<Datagrams> {
    const { group } = settings;
    return new Promise((resolve, reject) => {
      const socket = openSocket(group !== undefined);
      const datagrams = new Datagrams(socket, logger);
      let listening = false;
      socket.on('error', (error) => {
        if (listening) {
          datagrams.lose(error);
          return;
        }
        // The error event of a bind that failed comes once; nothing is left open after this.
        socket.close();
        reject(bindFailed(error, settings));
      });
      socket.on('listening', () => {
        listening = true;
        growReceiveBuffer(socket);
        try {
          if (group !== undefined) socket.addMembership(group, settings.localAddress);
          resolve(datagrams);
        } catch (thrown) {
          void datagrams.close();
          reject(joinFailed(thrown, group));
        }
      });
      socket.on('message', (bytes, { address }) => {
        datagrams.receive(bytes, address);
      });
      socket.bind(bindingOf(settings));
    });
  }

  /** The port it receives at. */
  get port(): number {
    return this.socket.address().port;
  }

  /** Hands frames of one connection to `listener` until the returned function is called. */
  subscribe(address: string, connectionId: number, listener: FrameListener): () => void {
    const subscriber = { address, listener };
    this.subscribers.set(connectionId, [...(this.subscribers.get(connectionId) ?? []), subscriber]);
    return () => {
      const others = (this.subscribers.get(connectionId) ?? []).filter((other) => other !== subscriber);
      if (others.length === 0) this.subscribers.delete(connectionId);
      else this.subscribers.set(connectionId, others);
    };
  }

  /** Calls `listener` when the socket is gone without having been closed, until the returned function is called. */
  onLost(listener: LostListener): () => void {
    this.lostListeners.add(listener);
    return () => this.lostListeners.delete(listener);
  }

  /** Sends one frame; that it could not be sent is only logged, since datagrams may be lost anywhere. */
  send(frame: RequestFrame, port: number, address: string): void {
    if (this.closed !== undefined) return;
    this.socket.send(frame, port, address, (error) => {
      if (error !== null) this.logger.debug(`A heartbeat to ${address}:${port} was not sent: ${error.message}`);
    });
  }

  /** Resolves when the socket is closed; may be called twice. */
  close(): Promise<void> {
    return (this.closed ??= new Promise((resolve) => {
      this.subscribers.clear();
      this.lostListeners.clear();
      this.socket.close(resolve);
    }));
  }

  private receive(bytes: Buffer, address: string): void {
    let frame: ReceivedCyclicFrame;
    try {
      frame = decodeCyclicFrame(bytes);
    } catch {
      return;
    }
    const subscribers = this.subscribers.get(frame.connectionId);
    if (subscribers === undefined) return;
    for (const subscriber of subscribers) if (subscriber.address === address) subscriber.listener(frame);
  }

  private lose(cause: Error): void {
    const listeners = [...this.lostListeners];
    const error = new Pm500Error(
      'ENIP_CONNECTION_LOST',
      `The UDP socket of the I/O connections failed: ${describeSocketError(cause)}`,
      { cause, retryable: true },
    );
    void this.close();
    for (const listener of listeners) listener(error);
  }
}

/** The usual buffer holds what 500 meters send in 60 ms; a process that is busy for longer would lose the rest. */
function growReceiveBuffer(socket: DatagramSocket): void {
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  } catch {
    // The system allows no more than it has given.
  }
}

/** A socket that is bound to an address of this machine hears no multicast. */
function bindingOf({ port, localAddress, group }: DatagramSettings): Parameters<DatagramSocket['bind']>[0] {
  if (group !== undefined) return { port, exclusive: false, ...(BINDS_GROUP ? { address: group } : {}) };
  return { port, exclusive: true, ...(localAddress === undefined ? {} : { address: localAddress }) };
}

function joinFailed(cause: unknown, group: string | undefined): Pm500Error {
  const message = `The multicast group ${group} could not be joined: ${describeSocketError(cause)}`;
  return new Pm500Error('ENIP_CONNECT_FAILED', message, { cause, retryable: true });
}

function bindFailed(cause: Error, { port, localAddress }: DatagramSettings): Pm500Error {
  const code = 'code' in cause ? cause.code : undefined;
  if (code === 'EADDRINUSE') {
    return new Pm500Error(
      'ENIP_PORT_IN_USE',
      `UDP port ${port} is taken by another program of this machine that uses I/O connections; stop it, or choose another local UDP port, or read by explicit messages.`,
      { cause, retryable: true, details: { port } },
    );
  }
  const reason =
    code === 'EADDRNOTAVAIL' && localAddress !== undefined
      ? `${localAddress} is no address of this machine; choose one that it has, or leave the local address empty.`
      : describeSocketError(cause);
  const message = `UDP port ${port} could not be opened for I/O connections: ${reason}`;
  return new Pm500Error('ENIP_CONNECT_FAILED', message, { cause, retryable: true });
}
