import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { freePort } from '../servers/ports';

/** A TCP peer on this machine that counts whoever connects. What it says is its subclass's. */
export abstract class TcpPeer {
  readonly sockets = new Set<Socket>();
  /** The ports that connections came from, all that were ever accepted. */
  readonly from: (number | undefined)[] = [];
  /** The most connections at one time. */
  mostSockets = 0;
  private readonly server: Server;
  protected port = 0;

  constructor() {
    this.server = createServer({ noDelay: true }, (socket) => {
      this.sockets.add(socket);
      this.from.push(socket.remotePort);
      this.mostSockets = Math.max(this.mostSockets, this.sockets.size);
      socket.on('error', () => undefined);
      socket.on('close', () => this.sockets.delete(socket));
      this.serve(socket);
    });
  }

  /** Every connection ever accepted. */
  get accepted(): number {
    return this.from.length;
  }

  async listen(): Promise<number> {
    // One that no connection takes while nobody listens there.
    if (this.port === 0) this.port = await freePort();
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    return this.port;
  }

  /** Stops listening and destroys every connection; `listen` brings it back on the same port. */
  async close(): Promise<void> {
    this.hangUp();
    if (!this.server.listening) return;
    this.server.close();
    await once(this.server, 'close');
  }

  hangUp(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Serves one connection; it is counted and has its handlers of errors already. */
  protected abstract serve(socket: Socket): void;
}
