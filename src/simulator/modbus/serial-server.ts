import { createServer, type Server, type Socket } from 'node:net';
import type { Logger } from '../../support/logger';
import { listenTcp } from '../bind';
import type { ModbusRtuServer } from './modbus-rtu-server';

/** Replies that a client does not take are not piled up beyond this. */
const MAXIMUM_UNSENT_BYTES = 65_536;
/** A serial server has one client for each of its ports, as most do by default. */
const MAXIMUM_CLIENTS = 1;

/** A transparent serial server: a TCP port that carries the bytes of a serial line, with simulated meters on that line. */
export class SimulatedSerialServer {
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  /**
   * Listens and serves.
   * @param servers the meters on the line, each a unit of its own
   * @param address IPv4 address to listen on
   * @param port 0 for one that the system chooses
   * @throws Pm500Error SIMULATOR_BIND_FAILED
   */
  static async open(
    address: string,
    port: number,
    servers: readonly Pick<ModbusRtuServer, 'receive'>[],
    logger: Logger,
  ): Promise<SimulatedSerialServer> {
    const server = createServer({ noDelay: true });
    server.maxConnections = MAXIMUM_CLIENTS;
    const chosen = await listenTcp(server, address, port);
    const serialServer = new SimulatedSerialServer(server, chosen);
    server.on('error', (error) => {
      logger.warn(`Simulated serial server on ${address}:${chosen}: ${error.message}`);
    });
    server.on('connection', (socket) => {
      serialServer.serve(socket, servers);
    });
    return serialServer;
  }

  /** Closes every connection and resolves when the port is free; may be called twice. */
  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private serve(socket: Socket, servers: readonly Pick<ModbusRtuServer, 'receive'>[]): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => {
      // A client that resets the connection is no news; the close event follows.
    });
    const write = (reply: Buffer): void => {
      if (socket.writableLength > MAXIMUM_UNSENT_BYTES) socket.destroy();
      else if (socket.writable) socket.write(reply);
    };
    socket.on('data', (chunk) => {
      for (const server of servers) server.receive(chunk, write);
    });
  }
}
