import { EventEmitter } from 'node:events';
import type { DatagramSocket } from '../../src/transport/ethernet-ip/implicit/datagram-socket';
import type { SocketLike } from '../../src/transport/ethernet-ip/session/socket';

export const ADDRESS = '192.0.2.7';
const UDP_PORT = 2222;

/** Who is at the other end of sockets in memory. */
interface OtherEnd {
  readonly sockets: Set<MemorySocket>;
  readonly datagrams: Set<MemoryDatagrams>;
  take(bytes: Buffer, socket: MemorySocket): void;
}

/** The target's end of a socket in memory. */
export class MemorySocket extends EventEmitter implements SocketLike {
  destroyed = false;
  readonly remoteAddress = ADDRESS;
  /** What was written behind a frame of which a part is still on its way: a stream keeps its order. */
  private behind: Buffer[] | undefined;

  constructor(
    private readonly other: OtherEnd,
    private readonly onBytes: (chunk: Buffer) => void,
  ) {
    super();
  }

  deliver(chunk: Buffer): void {
    // A socket hands on nothing after it was destroyed.
    if (this.destroyed) return;
    if (this.behind === undefined) this.onBytes(chunk);
    else this.behind.push(chunk);
  }

  /** Delivers the first part of a frame. @returns delivers the rest, and everything behind it */
  deliverPart(part: Buffer, rest: Buffer): () => void {
    if (this.behind !== undefined) {
      this.behind.push(part, rest);
      return () => undefined;
    }
    this.deliver(part);
    const behind = [rest];
    this.behind = behind;
    return () => {
      this.behind = undefined;
      for (const chunk of behind) this.deliver(chunk);
    };
  }

  write(frame: Uint8Array): void {
    if (!this.destroyed) this.other.take(Buffer.from(frame), this);
  }

  end(frame: Uint8Array): void {
    this.write(frame);
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.other.sockets.delete(this);
    queueMicrotask(() => this.emit('close'));
  }

  setNoDelay(): void {
    // Nothing to delay in memory.
  }
}

/** The client's UDP socket in memory. */
export class MemoryDatagrams extends EventEmitter implements DatagramSocket {
  constructor(private readonly other: OtherEnd) {
    super();
    other.datagrams.add(this);
  }

  bind(): void {
    queueMicrotask(() => this.emit('listening'));
  }

  address(): { readonly port: number } {
    return { port: UDP_PORT };
  }

  setRecvBufferSize(): void {
    // As large as it takes.
  }

  send(): void {
    // The target lives without heartbeats.
  }

  addMembership(): void {
    // Everything reaches everybody.
  }

  dropMembership(): void {
    // As above.
  }

  close(callback?: () => void): void {
    this.other.datagrams.delete(this);
    if (callback !== undefined) queueMicrotask(callback);
  }
}
