import type { Socket } from 'node:net';
import { PACKET, PING_RESPONSE, readConnect, type SeenPacket } from './packets';
import { RawBroker } from './raw-broker';

/** A PUBLISH of QoS 1, read by the text of the protocol (MQTT 3.1.1 and 5.0, 3.3). */
export interface SeenPublish {
  readonly topic: string;
  readonly payload: string;
  /** The payload as it came. */
  readonly bytes: Buffer;
  readonly id: number;
  readonly qos: number;
  readonly isRepeated: boolean;
}

/**
 * How the broker answers a PUBLISH:
 * - a number: a PUBACK with this reason code (MQTT 5; 0 in 3.1.1)
 * - `disconnect`: a DISCONNECT with a reason code (MQTT 5), and the end
 * - `cut`: the connection is reset
 * - `silent`: nothing
 * - `unknown id`: a PUBACK of an id that nobody has, and the right one after it
 */
export type PublishAnswer = number | { readonly disconnect: number } | 'cut' | 'silent' | 'unknown id';

/** What a CONNACK says beside that the connection is accepted (MQTT 5). */
export interface Announced {
  readonly receiveMaximum?: number;
  readonly maximumPacketSize?: number;
  /** What no server may say to a clean session. */
  readonly isSessionPresent?: boolean;
  /** Refuses the connection. */
  readonly reasonCode?: number;
}

/** Reads a PUBLISH of a client. @param level of the protocol: 4 or 5 */
export function readPublish({ flags, body }: SeenPacket, level: number): SeenPublish {
  const length = body.readUInt16BE(0);
  let at = 2 + length;
  const qos = (flags >> 1) & 3;
  const id = qos === 0 ? 0 : body.readUInt16BE(at);
  if (qos > 0) at += 2;
  // Property lists of these tests are shorter than 128 bytes: one byte of length.
  if (level === 5) at += 1 + (body[at] ?? 0);
  const topic = body.toString('utf8', 2, 2 + length);
  const bytes = body.subarray(at);
  return { topic, payload: bytes.toString(), bytes, id, qos, isRepeated: (flags & 8) !== 0 };
}

const twoBytes = (value: number): readonly number[] => [value >> 8, value & 255];

function connackOf(
  level: number,
  { receiveMaximum, maximumPacketSize, isSessionPresent, reasonCode = 0 }: Announced,
): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(maximumPacketSize ?? 0);
  const properties = [
    ...(receiveMaximum === undefined ? [] : [0x21, ...twoBytes(receiveMaximum)]),
    ...(maximumPacketSize === undefined ? [] : [0x27, ...size]),
  ];
  const rest = level === 5 ? [properties.length, ...properties] : [];
  return Buffer.from([0x20, 2 + rest.length, isSessionPresent === true ? 1 : 0, reasonCode, ...rest]);
}

export function pubackOf(id: number, level: number, reason: number): Buffer {
  const rest = level === 5 && reason !== 0 ? [reason] : [];
  return Buffer.from([0x40, 2 + rest.length, ...twoBytes(id), ...rest]);
}

/** A broker that answers each PUBLISH as a test says, with bytes of its own making. */
export class AckBroker extends RawBroker {
  readonly publishes: SeenPublish[] = [];
  readonly clientIds: string[] = [];
  connects = 0;
  disconnects = 0;
  /** Messages without an answer so far, of the connection that has most. */
  mostUnanswered = 0;
  answer: (publish: SeenPublish) => PublishAnswer = () => 0;
  announced: Announced = {};
  /** False: PINGREQ gets no answer. */
  answersPings = true;

  /** @param port where the clients look for it; any where absent */
  static start(port = 0): Promise<AckBroker> {
    return new AckBroker().listen(port);
  }

  protected override attend(socket: Socket): (packet: SeenPacket) => void {
    let level = 4;
    let unanswered = 0;
    return (packet) => {
      if (packet.type === PACKET.connect) {
        const { level: spoken, clientId } = readConnect(packet);
        level = spoken;
        this.connects += 1;
        this.clientIds.push(clientId);
        socket.write(connackOf(level, this.announced));
      } else if (packet.type === PACKET.publish) {
        const publish = readPublish(packet, level);
        this.publishes.push(publish);
        unanswered += 1;
        this.mostUnanswered = Math.max(this.mostUnanswered, unanswered);
        if (this.reply(socket, publish, level)) unanswered -= 1;
      } else if (packet.type === PACKET.pingRequest && this.answersPings) socket.write(PING_RESPONSE);
      else if (packet.type === PACKET.disconnect) this.disconnects += 1;
    };
  }

  /** @returns whether the message has its PUBACK */
  private reply(socket: Socket, publish: SeenPublish, level: number): boolean {
    const answer = this.answer(publish);
    if (answer === 'silent') return false;
    if (answer === 'cut') socket.resetAndDestroy();
    else if (answer === 'unknown id') {
      socket.write(pubackOf(publish.id === 65_000 ? 64_999 : 65_000, level, 0));
      socket.write(pubackOf(publish.id, level, 0));
    } else if (typeof answer === 'number') socket.write(pubackOf(publish.id, level, answer));
    else socket.end(Buffer.from([0xe0, 2, answer.disconnect, 0]));
    return true;
  }
}
