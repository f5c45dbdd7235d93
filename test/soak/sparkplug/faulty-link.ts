import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { PACKET, readPacket, topicOf, type SeenPacket } from '../../../testkit/mqtt/packets';

/** What a link tells of each connection: every control packet of the client, as bytes, before it is passed on. */
export interface LinkTap {
  /** CONNECT is passed on when this resolves. @param isPassedOn false where nobody is there to take it */
  onConnect(connection: number, packet: SeenPacket, isPassedOn: boolean): Promise<void>;
  onPacket(connection: number, packet: SeenPacket): void;
}

interface Pair {
  readonly id: number;
  readonly client: Socket;
  server?: Socket;
  /** Bytes that wait because the link is slow. */
  readonly waiting: Buffer[];
  isTowardsServerDead: boolean;
  isTowardsClientDead: boolean;
}

/** How often a slow link passes on what it may. */
const TICK_MS = 20;
/** Births are on their way to the subscriber when the session is ended after them. */
const AFTER_BIRTH_MS = 30;

/** The way to a broker, with everything that happens to ways: it reads along what the client says and can be disturbed. */
export class FaultyLink {
  /** CONNECTs are read and the connection ended, as if the broker were starting. */
  isAway = false;
  /** So many sessions are reset at their first message of a type, which the broker gets or not. */
  endings = { left: 0, type: '', isPassedOn: false };
  /** Toward the broker; no limit where undefined. */
  bytesPerSecond: number | undefined;
  private readonly target: number;
  private readonly tap: LinkTap;
  private readonly server: Server;
  private readonly pairs = new Set<Pair>();
  private readonly all = new Set<Socket>();
  private readonly ticking = setInterval(() => {
    this.passWaiting();
  }, TICK_MS);
  private connections = 0;

  private constructor(target: number, tap: LinkTap) {
    this.target = target;
    this.tap = tap;
    this.server = createServer((client) => {
      this.take(client);
    });
  }

  static async open(target: number, tap: LinkTap): Promise<FaultyLink> {
    const link = new FaultyLink(target, tap);
    link.server.listen(0, '127.0.0.1');
    await once(link.server, 'listening');
    return link;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Resets every connection on both sides. */
  reset(): void {
    for (const pair of this.pairs) this.resetPair(pair);
  }

  /** What runs over it now is swallowed in both directions; both ends stay open, and connections made later work. */
  cutSilently(): void {
    for (const pair of this.pairs) {
      pair.isTowardsServerDead = true;
      pair.isTowardsClientDead = true;
    }
  }

  /** The broker sees the end of every connection, the client does not. */
  cutAtBroker(): void {
    this.cutSilently();
    for (const { server } of this.pairs) server?.destroy();
  }

  /** The client sees the end of every connection, the broker does not. */
  cutAtClient(): void {
    this.cutSilently();
    for (const { client } of this.pairs) client.resetAndDestroy();
  }

  /** Nothing comes back from the broker over the connections of now, which takes everything. */
  deafen(): void {
    for (const pair of this.pairs) pair.isTowardsClientDead = true;
  }

  close(): void {
    clearInterval(this.ticking);
    for (const socket of this.all) socket.destroy();
    this.server.close();
  }

  private track(socket: Socket): void {
    this.all.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('close', () => this.all.delete(socket));
  }

  private take(client: Socket): void {
    const pair: Pair = {
      id: ++this.connections,
      client,
      waiting: [],
      isTowardsServerDead: false,
      isTowardsClientDead: false,
    };
    this.pairs.add(pair);
    this.track(client);
    let unread = Buffer.alloc(0);
    client.on('data', (chunk) => {
      unread = Buffer.concat([unread, chunk]);
      for (let packet = readPacket(unread); packet !== undefined; packet = readPacket(unread)) {
        const bytes = unread.subarray(0, packet.size);
        unread = unread.subarray(packet.size);
        if (packet.type === PACKET.connect) this.openOnward(pair, packet, bytes);
        else this.pass(pair, packet, bytes);
      }
    });
    client.on('close', () => {
      if (!pair.isTowardsServerDead) pair.server?.end();
      this.pairs.delete(pair);
    });
  }

  private openOnward(pair: Pair, packet: SeenPacket, bytes: Buffer): void {
    const { client } = pair;
    const { isAway } = this;
    client.pause();
    this.leaveBehind(pair);
    void this.tap.onConnect(pair.id, packet, !isAway).then(() => {
      if (isAway || client.destroyed) {
        client.destroy();
        return;
      }
      const server = connect(this.target, '127.0.0.1');
      pair.server = server;
      this.track(server);
      server.on('data', (chunk) => {
        if (!pair.isTowardsClientDead) client.write(chunk);
      });
      server.on('close', () => {
        if (!pair.isTowardsClientDead) client.destroy();
      });
      server.on('drain', () => client.resume());
      server.write(bytes);
      client.resume();
    });
  }

  /** What still waits of older connections of this client would reach the broker after its next CONNECT: it is lost. */
  private leaveBehind(pair: Pair): void {
    for (const older of this.pairs) {
      if (older === pair || older.waiting.length === 0) continue;
      older.isTowardsServerDead = true;
      older.waiting.length = 0;
    }
  }

  private pass(pair: Pair, packet: SeenPacket, bytes: Buffer): void {
    this.tap.onPacket(pair.id, packet);
    if (pair.isTowardsServerDead) return;
    if (this.bytesPerSecond !== undefined || pair.waiting.length > 0) {
      pair.waiting.push(bytes);
      pair.client.pause();
      return;
    }
    const { left, type, isPassedOn } = this.endings;
    const isEnd = left > 0 && packet.type === PACKET.publish && topicOf(packet).includes(`/${type}/`);
    if (isEnd) {
      this.endings.left--;
      pair.isTowardsServerDead = true;
      setTimeout(() => {
        this.resetPair(pair);
      }, AFTER_BIRTH_MS);
    }
    if ((!isEnd || isPassedOn) && pair.server?.write(bytes) === false) pair.client.pause();
  }

  private passWaiting(): void {
    let left = ((this.bytesPerSecond ?? Number.POSITIVE_INFINITY) * TICK_MS) / 1000;
    for (const { waiting, server, client, isTowardsServerDead } of this.pairs) {
      if (waiting.length === 0) continue;
      for (let [first] = waiting; first !== undefined && left >= 1; [first] = waiting) {
        const part = first.subarray(0, left);
        left -= part.length;
        if (!isTowardsServerDead) server?.write(part);
        if (part.length === first.length) waiting.shift();
        else waiting[0] = first.subarray(part.length);
      }
      if (waiting.length === 0) client.resume();
    }
  }

  private resetPair({ client, server }: Pair): void {
    client.resetAndDestroy();
    server?.resetAndDestroy();
  }
}
