import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A control packet as it came: type and flags of the first byte, and what follows the length (MQTT 3.1.1, 2.2). */
export interface SeenPacket {
  readonly type: number;
  readonly flags: number;
  readonly body: Buffer;
}

export const PACKET = { connect: 1, publish: 3, subscribe: 8, disconnect: 14 } as const;
const PINGREQ = 12;

/** What a CONNECT says (MQTT 3.1.1, 3.1; MQTT 5.0, 3.1). */
export interface SeenConnect {
  readonly level: number;
  readonly isClean: boolean;
  readonly clientId: string;
  readonly hasWill: boolean;
  readonly willQos: number;
  readonly isWillRetained: boolean;
  readonly willTopic: string;
  readonly willPayload: Buffer;
  /** MQTT 5: seconds; 0 where the property is absent, as the protocol has it. */
  readonly sessionExpirySeconds: number;
}

const SESSION_EXPIRY = 0x11;

/** Reads a CONNECT by the text of the protocol, without the library under test. */
export function readConnect({ body }: SeenPacket): SeenConnect {
  let at = 0;
  const take = (count: number): Buffer => body.subarray(at, (at += count));
  const field = (): Buffer => take(take(2).readUInt16BE());
  field();
  const level = take(1).readUInt8();
  const flags = take(1).readUInt8();
  take(2);
  // Property lists of these tests are shorter than 128 bytes: one byte of length.
  const properties = level === 5 ? take(take(1).readUInt8()) : Buffer.alloc(0);
  const clientId = field().toString('utf8');
  const hasWill = (flags & 0x04) !== 0;
  if (level === 5 && hasWill) take(take(1).readUInt8());
  const willTopic = hasWill ? field().toString('utf8') : '';
  const willPayload = hasWill ? field() : Buffer.alloc(0);
  return {
    level,
    isClean: (flags & 0x02) !== 0,
    clientId,
    hasWill,
    willQos: (flags >> 3) & 3,
    isWillRetained: (flags & 0x20) !== 0,
    willTopic,
    willPayload,
    sessionExpirySeconds: properties[0] === SESSION_EXPIRY ? properties.readUInt32BE(1) : 0,
  };
}

/** Topic and requested QoS of each filter of a SUBSCRIBE. */
export function readSubscribe({ body }: SeenPacket, level: number): readonly (readonly [string, number])[] {
  const found: [string, number][] = [];
  let at = level === 5 ? 3 + (body[2] ?? 0) : 2;
  while (at < body.length) {
    const length = body.readUInt16BE(at);
    found.push([body.toString('utf8', at + 2, at + 2 + length), (body[at + 2 + length] ?? 0) & 3]);
    at += length + 3;
  }
  return found;
}

export function topicOf({ body }: SeenPacket): string {
  return body.toString('utf8', 2, 2 + body.readUInt16BE(0));
}

/** The first control packet of what has come, with the bytes that it takes; undefined while it is not whole. */
export function readPacket(bytes: Buffer): (SeenPacket & { readonly size: number }) | undefined {
  let length = 0;
  for (let index = 1; index < Math.min(5, bytes.length); index++) {
    const byte = bytes[index] ?? 0;
    length += (byte & 0x7f) * 128 ** (index - 1);
    if ((byte & 0x80) !== 0) continue;
    const size = 1 + index + length;
    if (bytes.length < size) return undefined;
    const first = bytes[0] ?? 0;
    return { type: first >> 4, flags: first & 0x0f, body: bytes.subarray(1 + index, size), size };
  }
  return undefined;
}

/** What a server answers so that the client goes on: CONNACK, SUBACK with QoS 1 granted, PINGRESP. */
function answerTo({ type, body }: SeenPacket, level: number): Buffer | undefined {
  const properties = level === 5 ? [0] : [];
  if (type === PACKET.connect) return Buffer.from([0x20, 2 + properties.length, 0, 0, ...properties]);
  if (type === PINGREQ) return Buffer.from([0xd0, 0]);
  if (type !== PACKET.subscribe) return undefined;
  const grants = readSubscribe({ type, flags: 0, body }, level).map(() => 1);
  return Buffer.from([0x90, 2 + properties.length + grants.length, ...body.subarray(0, 2), ...properties, ...grants]);
}

/** A server that grants everything and keeps every control packet as bytes. */
export class PacketBroker {
  readonly packets: SeenPacket[] = [];
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor() {
    this.server = createServer((socket) => {
      this.sockets.add(socket);
      let waiting = Buffer.alloc(0);
      let level = 4;
      socket.on('error', () => undefined);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('data', (chunk) => {
        waiting = Buffer.concat([waiting, chunk]);
        for (let packet = readPacket(waiting); packet !== undefined; packet = readPacket(waiting)) {
          waiting = waiting.subarray(packet.size);
          this.packets.push(packet);
          if (packet.type === PACKET.connect) level = readConnect(packet).level;
          const answer = answerTo(packet, level);
          if (answer !== undefined) socket.write(answer);
        }
      });
    });
  }

  /** @param port where the clients look for it; any where absent */
  static async start(port = 0): Promise<PacketBroker> {
    const broker = new PacketBroker();
    broker.server.listen(port, '127.0.0.1');
    await once(broker.server, 'listening');
    return broker;
  }

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

  of(type: number): readonly SeenPacket[] {
    return this.packets.filter((packet) => packet.type === type);
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}
