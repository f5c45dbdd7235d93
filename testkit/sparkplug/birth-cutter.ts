import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { PACKET, readPacket, topicOf } from '../mqtt/packets';

/**
 * A relay before a real broker that ends each session right after a birth: the broker gets the DBIRTH and nothing after
 * it, and the client sees an orderly end of the connection.
 */
export class BirthCutter {
  isCutting = true;
  /** Sessions that were ended. */
  cuts = 0;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor(target: number) {
    this.server = createServer((client) => {
      const broker = connect(target, '127.0.0.1');
      for (const socket of [client, broker]) {
        this.sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          this.sockets.delete(socket);
          client.destroy();
          broker.destroy();
        });
      }
      broker.pipe(client);
      let waiting = Buffer.alloc(0);
      let isCut = false;
      client.on('data', (chunk) => {
        waiting = Buffer.concat([waiting, chunk]);
        for (let packet = readPacket(waiting); packet !== undefined && !isCut; packet = readPacket(waiting)) {
          broker.write(waiting.subarray(0, packet.size));
          waiting = waiting.subarray(packet.size);
          isCut = this.isCutting && packet.type === PACKET.publish && topicOf(packet).includes('/DBIRTH/');
        }
        if (!isCut) return;
        this.cuts++;
        client.removeAllListeners('data').resume();
        // The end follows what was written.
        broker.end();
      });
    });
  }

  static async open(target: number): Promise<BirthCutter> {
    const cutter = new BirthCutter(target);
    cutter.server.listen(0, '127.0.0.1');
    await once(cutter.server, 'listening');
    return cutter;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}
