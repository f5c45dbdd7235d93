import type { Socket } from 'node:net';
import { readPublish, pubackOf } from '../mqtt/ack-broker';
import { PACKET, readConnect, readPacket, readSubscribe, type SeenPacket } from '../mqtt/packets';
import { LIMITS, type Rule } from './rules';
import type { Services } from './services';

const PINGREQ = 12;
const NOT_AUTHORIZED = 135;
const TAKEN_OVER = 142;
const BASIC_INGEST = /^\$aws\/rules\/[^/]+\//;

/** What a session asks of the broker that it is part of. */
export interface Hub {
  readonly services: Services;
  /** False: it takes messages, and acknowledges none. */
  readonly acknowledges: boolean;
  /** Notes what a client did that it may not. */
  note(rule: Rule, clientId: string): void;
  /** False where the client ID connected too lately. */
  admit(session: Session): boolean;
  publish(topic: string, payload: Buffer, from: Session): void;
  leave(session: Session): void;
}

function matches(filter: string, topic: string): boolean {
  const [levels, names] = [filter.split('/'), topic.split('/')];
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false;
  return (
    levels.every((level, at) => level === '#' || level === names[at] || (level === '+' && at < names.length)) &&
    (levels.at(-1) === '#' || levels.length === names.length)
  );
}

function packetOf(first: number, body: readonly number[] | Buffer): Buffer {
  const length: number[] = [];
  for (let left = body.length; ; left >>= 7) {
    length.push(left > 127 ? (left & 127) | 128 : left);
    if (left <= 127) break;
  }
  return Buffer.concat([Buffer.from([first, ...length]), Buffer.from(body)]);
}

/** One connection of a client, whose certificate TLS has verified. */
export class Session {
  clientId = '';
  private level = 4;
  private isConnected = false;
  private isOver = false;
  private readonly filters = new Set<string>();
  private readonly published: { readonly at: number; readonly bytes: number }[] = [];
  private unacknowledged = 0;

  constructor(
    private readonly socket: Socket,
    readonly certificateId: string,
    private readonly hub: Hub,
  ) {
    let waiting = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isOver = true;
      hub.leave(this);
    });
    socket.on('data', (chunk: Buffer) => {
      waiting = Buffer.concat([waiting, chunk]);
      for (let packet = readPacket(waiting); packet !== undefined && !this.isOver; packet = readPacket(waiting)) {
        waiting = waiting.subarray(packet.size);
        this.take(packet);
      }
    });
  }

  /** Ends it. MQTT 5 has words for why. */
  end(reason = NOT_AUTHORIZED): void {
    if (this.isOver) return;
    this.isOver = true;
    this.hub.leave(this);
    if (this.level === 5 && this.isConnected) this.socket.end(Buffer.from([0xe0, 2, reason, 0]));
    else this.socket.end();
  }

  takeOver(): void {
    this.end(TAKEN_OVER);
  }

  deliver(topic: string, payload: string | Buffer, isUnasked = false): void {
    if (this.isOver || !(isUnasked || [...this.filters].some((filter) => matches(filter, topic)))) return;
    if (!this.allows('receive-policy', 'Receive', topic)) return;
    const name = Buffer.from(topic);
    const head = Buffer.from([name.length >> 8, name.length & 255]);
    const properties = this.level === 5 ? Buffer.from([0]) : Buffer.alloc(0);
    const content = typeof payload === 'string' ? Buffer.from(payload) : payload;
    this.socket.write(packetOf(0x30, Buffer.concat([head, name, properties, content])));
  }

  private take(packet: SeenPacket): void {
    if (packet.type === PACKET.connect) this.connect(packet);
    else if (!this.isConnected) this.end();
    else if (packet.type === PACKET.publish) this.publish(packet);
    else if (packet.type === PACKET.subscribe) this.subscribe(packet);
    else if (packet.type === PINGREQ) this.socket.write(Buffer.from([0xd0, 0]));
    else if (packet.type === PACKET.disconnect) this.socket.end();
  }

  private connect(packet: SeenPacket): void {
    const { level, clientId } = readConnect(packet);
    this.level = level;
    this.clientId = clientId;
    const { account } = this.hub.services;
    const isFit =
      this.keeps('client-id-bytes', Buffer.byteLength(clientId) <= LIMITS.clientIdBytes) &&
      this.keeps('certificate-status', account.mayConnect(this.certificateId)) &&
      this.allows('connect-policy', 'Connect', clientId) &&
      this.hub.admit(this);
    const tail = level === 5 ? [0] : [];
    if (isFit) {
      this.isConnected = true;
      this.socket.write(packetOf(0x20, [0, 0, ...tail]));
    } else {
      // MQTT 3.1.1 gets no word.
      if (level === 5) this.socket.write(packetOf(0x20, [0, NOT_AUTHORIZED, 0]));
      this.end();
    }
  }

  private publish(packet: SeenPacket): void {
    const { topic, payload, bytes, id, qos } = readPublish(packet, this.level);
    const rest = topic.replace(BASIC_INGEST, '');
    this.notePublished(Buffer.byteLength(topic) + bytes.length);
    const isFit =
      this.keeps('qos-2', qos < 2) &&
      this.keeps('payload-bytes', bytes.length <= LIMITS.payloadBytes) &&
      this.keeps('topic-slashes', rest.split('/').length - 1 <= LIMITS.topicSlashes) &&
      this.keeps('topic-bytes', Buffer.byteLength(rest) <= LIMITS.topicBytes) &&
      this.keeps('publish-rate', this.published.length <= LIMITS.publishesPerSecond) &&
      this.keeps('throughput', this.bytesOfSecond() <= LIMITS.bytesPerSecond) &&
      this.keeps('unacknowledged', this.unacknowledged < LIMITS.unacknowledged) &&
      this.allows('publish-policy', 'Publish', topic);
    if (!isFit) {
      this.end();
      return;
    }
    if (qos > 0 && this.hub.acknowledges) this.socket.write(pubackOf(id, this.level, 0));
    else this.unacknowledged += qos;
    const answer = this.hub.services.answer(topic, payload, this);
    if (answer === undefined) this.hub.publish(topic, bytes, this);
    else this.deliver(answer.topic, JSON.stringify(answer.payload), answer.isUnasked);
  }

  private subscribe(packet: SeenPacket): void {
    const filters = readSubscribe(packet, this.level);
    const isFit =
      this.keeps('filters', filters.length <= LIMITS.filtersOfSubscribe) &&
      filters.every(([filter]) => this.allows('subscribe-policy', 'Subscribe', filter));
    if (!isFit) {
      this.end();
      return;
    }
    for (const [filter] of filters) this.filters.add(filter);
    const grants = filters.map(([, qos]) => Math.min(qos, 1));
    const tail = this.level === 5 ? [0] : [];
    this.socket.write(packetOf(0x90, [...packet.body.subarray(0, 2), ...tail, ...grants]));
  }

  private notePublished(bytes: number): void {
    const at = this.hub.services.account.now();
    this.published.push({ at, bytes });
    while (at - (this.published[0]?.at ?? at) >= 1000) this.published.shift();
  }

  private bytesOfSecond(): number {
    return this.published.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  private allows(rule: Rule, action: 'Connect' | 'Publish' | 'Subscribe' | 'Receive', name: string): boolean {
    return this.keeps(rule, this.hub.services.account.allows(this.certificateId, this.clientId, action, name));
  }

  private keeps(rule: Rule, isKept: boolean): boolean {
    if (isKept || !this.hub.services.account.enforces(rule)) return true;
    this.hub.note(rule, this.clientId);
    return false;
  }
}
