import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { FrameReassembler } from '../../src/transport/ethernet-ip/wire/reassembler';
import { decodeFrame, type EncapsulationFrame } from '../../src/transport/ethernet-ip/wire/encapsulation';

/** A TCP client that sends any bytes and hands out the frames that come back, one by one. */
export class RawClient {
  private readonly frames: EncapsulationFrame[] = [];
  private waiting: (() => void) | undefined;
  private ended = false;
  readonly closed: Promise<void>;

  private constructor(readonly socket: Socket) {
    const reassembler = new FrameReassembler({
      onFrame: (bytes) => {
        this.frames.push(decodeFrame(Buffer.from(bytes)));
        this.waiting?.();
      },
      maximumFrameBytes: 70_000,
      acceptsCommand: () => true,
    });
    socket.on('data', (chunk) => reassembler.push(chunk));
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.ended = true;
        this.waiting?.();
        resolve();
      });
    });
  }

  static async open(port: number, address = '127.0.0.1'): Promise<RawClient> {
    const socket = connect({ host: address, port, noDelay: true });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  send(bytes: Uint8Array): void {
    if (!this.ended) this.socket.write(bytes);
  }

  /** The next frame, or undefined when the other side closed instead. */
  async next(): Promise<EncapsulationFrame | undefined> {
    while (this.frames.length === 0 && !this.ended) {
      await new Promise<void>((resolve) => {
        this.waiting = resolve;
      });
    }
    return this.frames.shift();
  }

  async ask(bytes: Uint8Array): Promise<EncapsulationFrame> {
    this.send(bytes);
    const frame = await this.next();
    if (frame === undefined) throw new Error('the meter closed the connection instead of answering');
    return frame;
  }

  async close(): Promise<void> {
    this.socket.destroy();
    await this.closed;
  }
}
