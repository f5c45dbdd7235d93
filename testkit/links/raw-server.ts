import type { Socket } from 'node:net';
import { TcpPeer } from './tcp-peer';

/** Serves one connection, or one piece of a request, by bytes of its own. */
export type RawAct = (socket: Socket) => void;

/** A TCP server that does what HTTP does not foresee: each request, or each connection, gets the bytes of a test. */
export class RawServer extends TcpPeer {
  /** First pieces of requests that came, as text. */
  readonly requests: string[] = [];
  /** Gets every connection, before a word was said. */
  onConnection: RawAct = () => undefined;
  /** Gets every piece of a request. */
  onRequest: RawAct = () => undefined;
  private readonly listeners = new Set<() => void>();

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Resolves once `isTrue` holds, looked at whenever something happens. */
  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) {
      await new Promise<void>((resolve) => {
        this.listeners.add(resolve);
      });
    }
  }

  protected serve(socket: Socket): void {
    socket.on('close', () => {
      this.tell();
    });
    socket.on('data', (piece) => {
      this.requests.push(piece.toString('latin1'));
      this.onRequest(socket);
      this.tell();
    });
    this.onConnection(socket);
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
    this.listeners.clear();
  }
}

/** Writes the same again as soon as the other side took it, until the connection ends. */
export function endless(begin: string, piece: string): RawAct {
  return (socket) => {
    const more = (): void => {
      while (socket.writable && socket.write(piece));
    };
    socket.write(begin);
    socket.on('drain', more);
    more();
  };
}
