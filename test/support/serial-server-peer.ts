import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What a unit on the line answers to bytes. */
export interface LineUnit {
  push(chunk: Uint8Array): readonly Buffer[];
}

/** What the line does with bytes, instead of its units answering. */
export type SerialFault = (chunk: Buffer, socket: Socket) => void;

/** A TCP peer that carries the bytes of a serial line with units on it, and whatever nonsense a test asks of it. */
export class SerialServerPeer {
  readonly sockets = new Set<Socket>();
  readonly requests: Buffer[] = [];
  /** Every connection ever accepted, and the most at one time. */
  accepted = 0;
  mostSockets = 0;
  fault: SerialFault | undefined;
  /** True: what arrives is sent back, too. */
  echoes = false;
  /** Sent to whoever connects next: what arrived while nobody did. */
  kept: Buffer | undefined;
  private readonly units: readonly LineUnit[];
  private readonly server: Server;
  private port = 0;

  constructor(...units: readonly LineUnit[]) {
    this.units = units;
    this.server = createServer({ noDelay: true }, (socket) => {
      this.serve(socket);
    });
  }

  async listen(): Promise<number> {
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
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

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    this.accepted++;
    this.mostSockets = Math.max(this.mostSockets, this.sockets.size);
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
    if (this.kept !== undefined) socket.write(this.kept);
    this.kept = undefined;
    socket.on('data', (chunk) => {
      this.requests.push(chunk);
      if (this.echoes) socket.write(chunk);
      if (this.fault !== undefined) this.fault(chunk, socket);
      else for (const unit of this.units) for (const reply of unit.push(chunk)) socket.write(reply);
    });
  }
}
