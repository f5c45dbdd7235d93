import { once } from 'node:events';
import { createServer, connect as connectSocket, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * A TCP link to a server on this machine that can fail in every way a link does: go dead without a word while both ends
 * stay open, be refused, or take bytes so slowly that they pile up at the sender.
 */
export class TcpLink {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private readonly clients = new Set<Socket>();
  private isDead = false;
  private isRefused = false;
  private sent = 0;

  private constructor(target: number) {
    this.server = createServer((client) => {
      if (this.isRefused) {
        client.destroy();
        return;
      }
      const server = connectSocket(target, '127.0.0.1');
      this.clients.add(client);
      client.on('data', (chunk) => (this.sent += chunk.length));
      client.on('close', () => this.clients.delete(client));
      for (const [from, to] of [[client, server] as const, [server, client] as const]) {
        this.sockets.add(from);
        from.on('data', (chunk) => {
          if (this.isDead || to.write(chunk)) return;
          from.pause();
          to.once('drain', () => from.resume());
        });
        from.on('error', () => undefined);
        from.on('close', () => {
          this.sockets.delete(from);
          if (!this.isDead) to.destroy();
        });
      }
    });
  }

  static async open(target: number): Promise<TcpLink> {
    const link = new TcpLink(target);
    link.server.listen(0, '127.0.0.1');
    await once(link.server, 'listening');
    return link;
  }

  /** What clients have done so far that the server could notice: connections that stand, and bytes that they sent. */
  get noticed(): { readonly connections: number; readonly bytes: number } {
    return { connections: this.clients.size, bytes: this.sent };
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** What runs over it now is swallowed, for good; connections made after `revive` work. */
  die(): void {
    this.isDead = true;
  }

  /** Ends every connection, and takes new ones again after `die` or `refuse`. */
  revive(): void {
    this.isDead = false;
    this.isRefused = false;
    for (const socket of this.sockets) socket.destroy();
  }

  /** Ends every connection and every further one at once. */
  refuse(): void {
    this.isRefused = true;
    for (const socket of this.sockets) socket.destroy();
  }

  /** Reads nothing from clients any more: what they send piles up, first in the system, then in them. */
  stall(): void {
    for (const client of this.clients) client.pause();
  }

  resume(): void {
    for (const client of this.clients) client.resume();
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}
