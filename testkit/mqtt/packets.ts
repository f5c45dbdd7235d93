/** A control packet as it came: type and flags of the first byte, and what follows the length (MQTT 3.1.1, 2.2). */
export interface SeenPacket {
  readonly type: number;
  readonly flags: number;
  readonly body: Buffer;
}

export const PACKET = { connect: 1, publish: 3, subscribe: 8, pingRequest: 12, disconnect: 14 } as const;
/** What answers a ping. */
export const PING_RESPONSE = Buffer.from([0xd0, 0]);

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
