import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { freePort } from '../servers/ports';
import { readPacket, type SeenPacket } from './packets';

/** An MQTT server that reads control packets without a library; what it answers is up to the class below. */
export abstract class RawBroker {
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((socket) => {
    this.serve(socket);
  });

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.sockets.size;
  }

  /** Resets every connection; the server stays. */
  cut(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  /** @param port where the clients look for it; any where it is 0 */
  protected async listen(port: number): Promise<this> {
    // One that no connection takes while nobody listens there.
    this.server.listen(port === 0 ? await freePort() : port, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  /** @returns what takes the packets of this connection, in their order, until it is ended */
  protected abstract attend(socket: Socket): (packet: SeenPacket) => void;

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    const take = this.attend(socket);
    let waiting = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('data', (chunk) => {
      waiting = Buffer.concat([waiting, chunk]);
      for (let packet = readPacket(waiting); packet !== undefined; packet = readPacket(waiting)) {
        waiting = waiting.subarray(packet.size);
        if (socket.destroyed || socket.writableEnded) return;
        take(packet);
      }
    });
  }
}
