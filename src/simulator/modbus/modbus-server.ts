import { createServer, type Server, type Socket } from 'node:net';
import type { Logger } from '../../support/logger';
import { listenTcp } from '../bind';
import type { WireFaults } from '../faults/wire-faults';
import type { ModbusStats, ModbusTarget } from './modbus-target';

export interface ModbusServerOptions {
  /** Clients that are served at once. */
  readonly maximumSockets: number;
  /** IPv4 address to listen on. */
  readonly bind: string;
  /** TCP; 0 lets the system choose. */
  readonly port: number;
  /** A connection on which nothing arrived for so long is closed. */
  readonly idleTimeoutMs: number;
  /** Somebody has connected, or asked something. */
  readonly onActivity: () => void;
  readonly logger: Logger;
  /** Faults on demand between the meter and the network. */
  readonly faults?: WireFaults;
}

const HEADER_BYTES = 7;
/** Bytes that the length field of a header may count: the unit and a PDU of 1 to 253 (Modbus on TCP/IP 1.0b, 3.1). */
const LENGTH = { minimum: 2, maximum: 254 } as const;
/** Replies that a client does not take are not piled up beyond this. */
const MAXIMUM_UNSENT_BYTES = 65_536;

/** What the next bytes of a stream are: a whole frame, the beginning of one, or no Modbus. */
export type MbapFrame =
  | { readonly kind: 'frame'; readonly header: Buffer; readonly pdu: Buffer; readonly rest: Buffer }
  | { readonly kind: 'partial' }
  | { readonly kind: 'invalid' };

/** Takes the first frame from what has arrived on a Modbus TCP connection. */
export function takeMbapFrame(received: Buffer): MbapFrame {
  if (received.length < HEADER_BYTES) return { kind: 'partial' };
  const protocol = received.readUInt16BE(2);
  const length = received.readUInt16BE(4);
  if (protocol !== 0 || length < LENGTH.minimum || length > LENGTH.maximum) return { kind: 'invalid' };
  const end = HEADER_BYTES - 1 + length;
  if (received.length < end) return { kind: 'partial' };
  return {
    kind: 'frame',
    header: received.subarray(0, HEADER_BYTES),
    pdu: received.subarray(HEADER_BYTES, end),
    rest: received.subarray(end),
  };
}

/** Serves one meter over Modbus TCP, one socket at a time: a second one is closed at once. */
export class ModbusServer {
  private server: Server | undefined;
  private socket: Socket | undefined;
  private acceptedConnections = 0;
  private refusedConnections = 0;
  private droppedFrames = 0;
  private port: number | undefined;
  private occupied = false;

  constructor(
    private readonly target: ModbusTarget,
    private readonly options: ModbusServerOptions,
  ) {}

  get stats(): ModbusStats {
    const { acceptedConnections, refusedConnections, droppedFrames } = this;
    return { acceptedConnections, refusedConnections, droppedFrames, ...this.target.counts };
  }

  /**
   * Starts to listen.
   * @returns the port
   * @throws Pm500Error SIMULATOR_BIND_FAILED
   */
  async open(): Promise<number> {
    const { bind, port, logger } = this.options;
    const server = createServer({ noDelay: true }, (socket) => {
      this.accept(socket);
    });
    server.maxConnections = this.options.maximumSockets;
    server.on('drop', () => {
      this.refusedConnections++;
    });
    const chosen = await listenTcp(server, bind, port);
    server.on('error', (error) => {
      logger.warn(`Simulated meter, Modbus on ${bind}:${chosen}: ${error.message}`);
    });
    this.server = server;
    this.port = chosen;
    return chosen;
  }

  /** Another client takes the one socket, or gives it back. Whoever has it now loses it. */
  occupy(occupied: boolean): void {
    this.occupied = occupied;
    if (occupied) this.socket?.destroy();
  }

  /** Ends the connection with a reset. */
  resetConnections(): void {
    this.socket?.resetAndDestroy();
  }

  /** Listens no more and resolves when the port is free. */
  async pause(): Promise<void> {
    const { server } = this;
    if (server?.listening !== true) return;
    const closed = new Promise((resolve) => server.close(resolve));
    this.socket?.destroy();
    await closed;
  }

  /**
   * Listens again, on the same port.
   * @throws Pm500Error SIMULATOR_BIND_FAILED
   */
  async resume(): Promise<void> {
    const { server, port } = this;
    if (server === undefined || server.listening || port === undefined) return;
    await listenTcp(server, this.options.bind, port);
  }

  /** Closes every socket and resolves when they are gone. May be called twice. */
  async close(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    const closed = server?.listening === true ? new Promise((resolve) => server.close(resolve)) : undefined;
    this.socket?.destroy();
    await closed;
  }

  private accept(socket: Socket): void {
    if (this.occupied) {
      this.refusedConnections++;
      socket.on('error', () => undefined);
      socket.destroy();
      return;
    }
    this.socket = socket;
    this.acceptedConnections++;
    this.options.onActivity();
    let received: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      received = this.serve(socket, received.length === 0 ? chunk : Buffer.concat([received, chunk]));
    });
    socket.on('error', () => {
      // A client that resets the connection is no news; the close event follows.
    });
    socket.setTimeout(this.options.idleTimeoutMs, () => {
      socket.destroy();
    });
  }

  /** @returns what is left of the bytes: the beginning of a frame */
  private serve(socket: Socket, received: Buffer): Buffer {
    let rest = received;
    while (!socket.destroyed) {
      const next = takeMbapFrame(rest);
      if (next.kind === 'partial') return rest;
      if (next.kind === 'invalid' || socket.writableLength > MAXIMUM_UNSENT_BYTES) {
        this.droppedFrames++;
        socket.destroy();
        break;
      }
      this.options.onActivity();
      this.reply(socket, next.header, this.target.handle(next.pdu));
      ({ rest } = next);
    }
    return Buffer.alloc(0);
  }

  /** The one place where replies leave. */
  private reply(socket: Socket, header: Buffer, pdu: Uint8Array): void {
    const frame = Buffer.alloc(HEADER_BYTES + pdu.length);
    header.copy(frame);
    frame.writeUInt16BE(pdu.length + 1, 4);
    frame.set(pdu, HEADER_BYTES);
    const write = (bytes: Buffer): void => {
      if (socket.writable) socket.write(bytes);
    };
    if (this.options.faults === undefined) write(frame);
    else this.options.faults.reply(frame, write);
  }
}
