import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** How often the link passes on what it may, milliseconds. */
const TICK_MS = 20;

/**
 * A narrow link before a server: so many bytes a second toward it, over all connections together. It counts what it
 * has carried.
 */
export class SlowLink {
  /** Bytes toward the server so far. */
  carried = 0;
  /** Bytes that it would have carried if there had always been some to carry: on a busy computer it ticks less often. */
  capacity = 0;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private readonly queues = new Map<Socket, { readonly chunks: Buffer[]; readonly onward: Socket }>();
  private ticking: NodeJS.Timeout | undefined;

  constructor(
    private readonly port: number,
    private readonly bytesPerSecond: number,
  ) {
    this.server = createServer((socket) => {
      this.join(socket);
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.ticking = setInterval(() => {
      this.pass((this.bytesPerSecond * TICK_MS) / 1000);
    }, TICK_MS);
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    clearInterval(this.ticking);
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private join(socket: Socket): void {
    const onward = connect(this.port, '127.0.0.1');
    const queue = { chunks: [] as Buffer[], onward };
    this.queues.set(socket, queue);
    for (const each of [socket, onward]) {
      this.sockets.add(each);
      each.on('error', () => undefined);
      each.on('close', () => {
        this.sockets.delete(each);
        this.queues.delete(socket);
        socket.destroy();
        onward.destroy();
      });
    }
    // What does not fit on the link stays with who sends it.
    socket.on('data', (chunk) => {
      queue.chunks.push(chunk);
      socket.pause();
    });
    onward.pipe(socket);
  }

  private pass(budget: number): void {
    let left = Math.max(1, Math.floor(budget));
    this.capacity += left;
    for (const [socket, { chunks, onward }] of this.queues) {
      for (let [first] = chunks; first !== undefined && left > 0; [first] = chunks) {
        const part = first.subarray(0, left);
        left -= part.length;
        this.carried += part.length;
        onward.write(part);
        if (part.length === first.length) chunks.shift();
        else chunks[0] = first.subarray(part.length);
      }
      if (chunks.length === 0) socket.resume();
    }
  }
}
