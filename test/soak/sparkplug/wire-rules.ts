import { bdSeqOf, readPayload } from '../../../testkit/sparkplug/independent-decoder';
import {
  PACKET,
  readConnect,
  readSubscribe,
  topicOf,
  type SeenConnect,
  type SeenPacket,
} from '../../../testkit/mqtt/packets';
import { readTopic } from '../../../testkit/sparkplug/seen-topic';

/** MQTT 5: "disconnect with will message". */
const WITH_WILL = 0x04;

interface Connection {
  readonly connect: SeenConnect;
  readonly bdSeq: bigint | undefined;
  /** Message types in the order in which they were published. */
  lastType: string | undefined;
  isSubscribed: boolean;
}

/**
 * What an edge node may write on its connections, by the text of Sparkplug 3.0.0 and of MQTT, from bytes alone: wills,
 * the numbers of CONNECTs over all connections and restarts, QoS, and how it leaves.
 */
export class WireRules {
  /** CONNECTs so far. */
  connects = 0;
  /** True where the program was killed: it may have counted a CONNECT that it did not come to write. */
  isKilled = false;
  private readonly level: number;
  private readonly complain: (fault: string) => void;
  private readonly connections = new Map<number, Connection>();
  private bdSeq: bigint | undefined;
  private clientId: string | undefined;

  /** @param level of the protocol: 4 or 5 */
  constructor(level: number, complain: (fault: string) => void) {
    this.level = level;
    this.complain = complain;
  }

  /** @returns what the will is, for who judges the births */
  onConnect(id: number, packet: SeenPacket): { readonly topic: string; readonly payload: Buffer } {
    const connect = readConnect(packet);
    const { level, isClean, hasWill, willQos, isWillRetained, willTopic, willPayload, clientId } = connect;
    this.connects++;
    if (level !== this.level) this.complain(`CONNECT of level ${level}`);
    if (!isClean || connect.sessionExpirySeconds !== 0) this.complain('CONNECT with a session that is kept');
    if (!hasWill || willQos !== 1 || isWillRetained) this.complain('CONNECT with a wrong will');
    if (readTopic(willTopic)?.type !== 'NDEATH') this.complain(`a will on ${willTopic}`);
    const { seq, metrics } = readPayload(willPayload);
    if (seq !== undefined || metrics.length !== 1) this.complain('a will that is not bdSeq alone');
    const bdSeq = bdSeqOf(metrics[0]);
    this.count(bdSeq);
    if (this.clientId !== undefined && clientId !== this.clientId) this.complain('CONNECT with another client ID');
    this.clientId = clientId;
    this.connections.set(id, { connect, bdSeq, lastType: undefined, isSubscribed: false });
    return { topic: willTopic, payload: willPayload };
  }

  onPacket(id: number, packet: SeenPacket): void {
    const connection = this.connections.get(id);
    if (connection === undefined) this.complain(`a packet of type ${packet.type} before CONNECT`);
    else if (packet.type === PACKET.subscribe) this.onSubscribe(connection, packet);
    else if (packet.type === PACKET.publish) this.onPublish(connection, packet);
    else if (packet.type === PACKET.disconnect) this.onDisconnect(connection, packet);
  }

  private count(bdSeq: bigint | undefined): void {
    const before = this.bdSeq;
    this.bdSeq = bdSeq;
    if (bdSeq === undefined) this.complain('a will without bdSeq');
    if (before === undefined || bdSeq === undefined) return;
    const step = (bdSeq - before + 256n) % 256n;
    const isRight = step === 1n || (this.isKilled && step === 2n);
    if (!isRight) this.complain(`bdSeq went from ${before} to ${bdSeq} with the next CONNECT`);
    this.isKilled = false;
  }

  private onSubscribe(connection: Connection, packet: SeenPacket): void {
    connection.isSubscribed = true;
    for (const [filter, qos] of readSubscribe(packet, this.level)) {
      if (qos !== 1) this.complain(`subscription to ${filter} with QoS ${qos}`);
    }
  }

  private onPublish(connection: Connection, packet: SeenPacket): void {
    const type = readTopic(topicOf(packet))?.type ?? '';
    if (packet.flags !== 0) this.complain(`${type} with flags ${packet.flags}`);
    if (!connection.isSubscribed) this.complain(`${type} before SUBSCRIBE`);
    if (connection.lastType === undefined && type !== 'NBIRTH')
      this.complain(`${type} is the first message of a session`);
    if (connection.lastType === 'NDEATH') this.complain(`${type} after NDEATH`);
    connection.lastType = type;
  }

  private onDisconnect({ lastType }: Connection, { body }: SeenPacket): void {
    const wasBorn = lastType !== undefined;
    if (wasBorn && lastType !== 'NDEATH') this.complain(`DISCONNECT after ${lastType}, without NDEATH`);
    if (this.level === 5 && body[0] !== WITH_WILL) this.complain(`DISCONNECT with reason ${body[0] ?? 0}`);
    if (this.level === 4 && !wasBorn)
      this.complain('DISCONNECT of a session that was never born, which takes its will away');
  }
}
