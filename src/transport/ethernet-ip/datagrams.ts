import { Pm500Error } from '../../support/errors';
import type { Logger } from '../../support/logger';
import { decodeCyclicFrame, type ReceivedCyclicFrame } from './cyclic-frame';
import type { DatagramSocket, OpenDatagramSocket } from './datagram-socket';
import type { RequestFrame } from './requests';
import { describeSocketError } from './socket';

export interface DatagramSettings {
  /** UDP port to receive at; 0 lets the system choose. */
  readonly port: number;
  /** Address of the network interface to receive at; default: all. A shared port joins groups there. */
  readonly localAddress?: string;
  /**
   * Lets other programs listen on the same port too. For multicast alone: of two programs that share a port, only one
   * gets the datagrams that are sent to this machine.
   */
  readonly share: boolean;
}

/** Linux gives at most what net.core.rmem_max says, without an error. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

export type FrameListener = (frame: ReceivedCyclicFrame) => void;

/** The socket is gone. */
export type LostListener = (error: Pm500Error) => void;

/**
 * One UDP socket for the I/O connections of all meters of a process. What arrives is handed to whom it belongs by the
 * address it comes from and its connection id; whatever nobody waits for is dropped, as any stray datagram.
 */
export class Datagrams {
  private readonly listeners = new Map<string, Set<FrameListener>>();
  private readonly lostListeners = new Set<LostListener>();
  private readonly groups = new Map<string, number>();
  private closed: Promise<void> | undefined;

  private constructor(
    private readonly socket: DatagramSocket,
    private readonly settings: DatagramSettings,
    private readonly logger: Logger,
  ) {}

  /**
   * @throws Pm500Error ENIP_PORT_IN_USE, or ENIP_CONNECT_FAILED when the socket cannot be opened for another reason
   */
  static open(settings: DatagramSettings, openSocket: OpenDatagramSocket, logger: Logger): Promise<Datagrams> {
    const { port, localAddress, share } = settings;
    return new Promise((resolve, reject) => {
      const socket = openSocket(share);
      const datagrams = new Datagrams(socket, settings, logger);
      let listening = false;
      socket.on('error', (error) => {
        if (listening) {
          datagrams.lose(error);
          return;
        }
        // The error event of a bind that failed comes once; nothing is left open after this.
        socket.close();
        reject(bindFailed(error, port));
      });
      socket.on('listening', () => {
        listening = true;
        growReceiveBuffer(socket);
        resolve(datagrams);
      });
      socket.on('message', (bytes, { address }) => {
        datagrams.receive(bytes, address);
      });
      // A socket that is bound to one address hears no multicast.
      const bindsAddress = localAddress !== undefined && !share;
      socket.bind({ port, exclusive: !share, ...(bindsAddress ? { address: localAddress } : {}) });
    });
  }

  /** The port it receives at. */
  get port(): number {
    return this.socket.address().port;
  }

  /** Hands frames of one connection to `listener` until the returned function is called. */
  subscribe(address: string, connectionId: number, listener: FrameListener): () => void {
    const key = keyOf(address, connectionId);
    const listeners = this.listeners.get(key) ?? new Set();
    this.listeners.set(key, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.listeners.delete(key);
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

  /**
   * Receives what is sent to a multicast group, until the returned function is called as often as this one.
   * @throws Pm500Error ENIP_CONNECT_FAILED when the operating system refuses
   */
  join(group: string): () => void {
    const users = this.groups.get(group) ?? 0;
    if (users === 0) {
      try {
        this.socket.addMembership(group, this.settings.localAddress);
      } catch (cause) {
        const reason = describeSocketError(cause);
        const message = `The multicast group ${group} could not be joined: ${reason}`;
        throw new Pm500Error('ENIP_CONNECT_FAILED', message, { cause, retryable: true });
      }
    }
    this.groups.set(group, users + 1);
    let joined = true;
    return () => {
      if (!joined) return;
      joined = false;
      this.leave(group);
    };
  }

  /** Resolves when the socket is closed; may be called twice. */
  close(): Promise<void> {
    return (this.closed ??= new Promise((resolve) => {
      this.listeners.clear();
      this.lostListeners.clear();
      this.socket.close(resolve);
    }));
  }

  private leave(group: string): void {
    const users = (this.groups.get(group) ?? 1) - 1;
    if (users > 0) {
      this.groups.set(group, users);
      return;
    }
    this.groups.delete(group);
    if (this.closed !== undefined) return;
    try {
      this.socket.dropMembership(group, this.settings.localAddress);
    } catch {
      // The interface is gone, and the membership with it.
    }
  }

  private receive(bytes: Buffer, address: string): void {
    let frame: ReceivedCyclicFrame;
    try {
      frame = decodeCyclicFrame(bytes);
    } catch {
      return;
    }
    const listeners = this.listeners.get(keyOf(address, frame.connectionId));
    if (listeners === undefined) return;
    for (const listener of [...listeners]) listener(frame);
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

function keyOf(address: string, connectionId: number): string {
  return `${address}/${connectionId}`;
}

function bindFailed(cause: Error, port: number): Pm500Error {
  const inUse = 'code' in cause && cause.code === 'EADDRINUSE';
  if (!inUse) {
    const message = `UDP port ${port} could not be opened for I/O connections: ${describeSocketError(cause)}`;
    return new Pm500Error('ENIP_CONNECT_FAILED', message, { cause, retryable: true });
  }
  return new Pm500Error(
    'ENIP_PORT_IN_USE',
    `UDP port ${port} is taken by another program of this machine that uses I/O connections; stop it, or choose another port, or read by explicit messages.`,
    { cause, retryable: true, details: { port } },
  );
}
