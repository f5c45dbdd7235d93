import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { decodeFrame } from '../../transport/ethernet-ip/wire/encapsulation';
import { FrameReassembler } from '../../transport/ethernet-ip/wire/reassembler';
import type { Logger } from '../../support/logger';
import { listenTcp, listenUdp, type BoundDatagramSocket } from '../bind';
import { CipTarget } from './cip-target';
import type { DeviceTraits } from './connection-admission';
import {
  EncapsulationTarget,
  LONGEST_FRAME_BYTES,
  type FrameOutcome,
  type TargetContext,
} from './encapsulation-target';
import { ImplicitPort, type ImplicitPortOptions } from './implicit-port';
import { hearBroadcasts } from './broadcasts';
import type { DatagramListener, PortShare } from './shared-port';
import type { SimulatedMeter } from '../model/simulated-meter';
import type { StatsRecorder } from '../stats';
import type { WireFaults } from '../faults/wire-faults';

export interface AdapterOptions {
  /** IPv4 address to listen on. */
  readonly bind: string;
  /** TCP and UDP; 0 lets the system choose one that is free for both. */
  readonly port: number;
  /** Connections beyond this are closed at once. */
  readonly maximumConnections: number;
  /** A connection on which nothing arrived for so long is closed. */
  readonly idleTimeoutMs: number;
  readonly logger: Logger;
  /** True while nothing is served: connections are closed at once, requests get no answer. Default: never. */
  readonly isSuspended?: () => boolean;
  /** How CIP connections are served. */
  readonly connections: Omit<
    ImplicitPortOptions,
    'model' | 'bind' | 'logger' | 'source' | 'isSuspended' | 'faults' | 'device'
  > &
    Pick<DeviceTraits, 'listenOnly'>;
  /** Faults on demand between the meter and the network. */
  readonly faults?: WireFaults;
}

/** Replies that a client does not take are not piled up beyond this. */
const MAXIMUM_UNSENT_BYTES = 262_144;

/** Serves one meter over EtherNet/IP: TCP for sessions, UDP for discovery and for I/O connections. */
export class EthernetIpAdapter {
  /** The connections that originators have opened. */
  readonly implicit: ImplicitPort;
  private readonly context: TargetContext;
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  private datagrams: BoundDatagramSocket | undefined;
  private broadcasts: readonly PortShare[] = [];
  private sessions = 0;
  private pausedPort: number | undefined;

  constructor(
    meter: SimulatedMeter,
    private readonly stats: StatsRecorder,
    private readonly options: AdapterOptions,
  ) {
    const { bind, logger, connections, isSuspended, faults } = options;
    const { listenOnly, ...rest } = connections;
    const device = { identity: () => meter.identity, listenOnly };
    this.implicit = new ImplicitPort({
      model: meter.model,
      bind,
      logger,
      source: meter,
      isSuspended,
      faults,
      device,
      ...rest,
    });
    this.context = {
      meter,
      stats,
      cip: new CipTarget(meter, stats, this.implicit.object, faults),
      connections: this.implicit.table,
      // A handle is never 0 and not reused while the count of 32 bits lasts.
      nextSession: () => (this.sessions = (this.sessions % 0xffff_ffff) + 1),
    };
  }

  /**
   * Starts to listen for sessions and discovery; `implicit` is opened on its own.
   * @returns the port
   * @throws Pm500Error SIMULATOR_BIND_FAILED
   */
  async open(): Promise<number> {
    const { bind, port, maximumConnections, logger } = this.options;
    const server = createServer({ noDelay: true }, (socket) => {
      this.accept(socket);
    });
    server.maxConnections = maximumConnections;
    server.on('drop', () => {
      this.stats.noteTurnedAway();
    });
    const onDatagram: DatagramListener = (message, from) => {
      const reply = this.answerDatagram(message);
      // Whoever asked by a broadcast learns the address from where the answer comes.
      if (reply !== undefined) this.send(reply, (bytes) => this.datagrams?.send(bytes, from.port, from.address));
    };
    // A port that the system chose for TCP may be taken for UDP: then another one is chosen.
    for (let attempt = 1; ; attempt++) {
      const chosen = await listenTcp(server, bind, port);
      try {
        this.datagrams = await listenUdp({ address: bind, port: chosen }, onDatagram, logger);
        this.server = server;
        this.broadcasts = await hearBroadcasts(bind, chosen, onDatagram, logger);
        server.on('error', (error) => {
          logger.warn(`Simulated meter on ${bind}:${chosen}: ${error.message}`);
        });
        return chosen;
      } catch (thrown) {
        await new Promise((resolve) => server.close(resolve));
        if (port !== 0 || attempt === 5) throw thrown;
      }
    }
  }

  /** Ends every TCP connection with a reset. */
  resetConnections(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  /** Listens on TCP no more and resolves when the port is free; datagrams are still heard. */
  async pause(): Promise<void> {
    const { server } = this;
    if (server?.listening !== true) return;
    this.pausedPort = this.portOf(server);
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  /**
   * Listens on TCP again, on the same port.
   * @throws Pm500Error SIMULATOR_BIND_FAILED
   */
  async resume(): Promise<void> {
    const { server, pausedPort } = this;
    if (server === undefined || server.listening || pausedPort === undefined) return;
    await listenTcp(server, this.options.bind, pausedPort);
  }

  /** Closes every socket and resolves when they are gone. May be called twice. */
  async close(): Promise<void> {
    const { server, datagrams, broadcasts } = this;
    this.server = undefined;
    this.datagrams = undefined;
    this.broadcasts = [];
    const closed = server?.listening === true ? new Promise((resolve) => server.close(resolve)) : undefined;
    for (const socket of this.sockets) socket.destroy();
    await Promise.all([closed, datagrams?.close(), this.implicit.close(), ...broadcasts.map((port) => port.release())]);
  }

  private get suspended(): boolean {
    return this.options.isSuspended?.() === true;
  }

  private accept(socket: Socket): void {
    if (this.suspended) {
      this.stats.noteTurnedAway();
      socket.destroy();
      return;
    }
    this.sockets.add(socket);
    this.stats.noteOpened();
    const local = {
      address: socket.localAddress ?? this.options.bind,
      port: socket.localPort ?? this.options.port,
    };
    const target = new EncapsulationTarget(this.context, local, socket.remoteAddress);
    const frames = new FrameReassembler({
      onFrame: (bytes) => {
        if (!this.suspended) this.deliver(socket, frames, target.handle(decodeFrame(bytes)));
      },
      maximumFrameBytes: LONGEST_FRAME_BYTES,
      // Unknown commands are answered, not dropped.
      acceptsCommand: () => true,
    });
    socket.on('data', (chunk) => {
      if (frames.push(chunk) === undefined) return;
      this.stats.noteRefusal();
      socket.destroy();
    });
    socket.on('error', () => {
      // A client that resets the connection is no news; the close event follows.
    });
    socket.on('close', () => {
      frames.stop();
      target.end();
      this.sockets.delete(socket);
      this.stats.noteClosed();
    });
    socket.setTimeout(this.options.idleTimeoutMs, () => {
      socket.destroy();
    });
  }

  private send(reply: Buffer, write: (bytes: Buffer) => void): void {
    if (this.options.faults === undefined) write(reply);
    else this.options.faults.reply(reply, write);
  }

  /** The one place where replies leave by TCP. */
  private deliver(socket: Socket, frames: FrameReassembler, outcome: FrameOutcome): void {
    if (outcome.reply !== undefined) {
      this.send(outcome.reply, (bytes) => {
        if (socket.writable) socket.write(bytes);
      });
    }
    if (outcome.close === true) {
      frames.stop();
      socket.end();
    } else if (socket.writableLength > MAXIMUM_UNSENT_BYTES) {
      frames.stop();
      socket.destroy();
    }
  }

  /** The one place where replies leave by UDP. Whatever is no whole frame is dropped, as any stray datagram. */
  private answerDatagram(message: Buffer): Buffer | undefined {
    const { bind } = this.options;
    if (this.suspended) return undefined;
    try {
      const local = { address: bind, port: this.portOf(this.server) };
      return new EncapsulationTarget(this.context, local).handleDatagram(decodeFrame(message));
    } catch {
      this.stats.noteRefusal();
      return undefined;
    }
  }

  private portOf(server: Server | undefined): number {
    return (server?.address() as AddressInfo | null | undefined)?.port ?? this.pausedPort ?? this.options.port;
  }
}
