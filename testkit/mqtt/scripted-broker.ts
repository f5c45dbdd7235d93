import type { Socket } from 'node:net';
import { PACKET, PING_RESPONSE, readConnect, type SeenConnect, type SeenPacket } from './packets';
import { RawBroker } from './raw-broker';

/** CONNACK of MQTT 3.1.1, 3.2. */
export const connack = (code: number): Buffer => Buffer.from([0x20, 2, 0, code]);

/** CONNACK of MQTT 5.0, 3.2, without properties. */
export const connack5 = (code: number): Buffer => Buffer.from([0x20, 3, 0, code, 0]);

/** SUBACK of MQTT 3.1.1, 3.9, for a SUBSCRIBE of one filter. */
export const suback = ({ body }: SeenPacket, grant: number): Buffer =>
  Buffer.from([0x90, 3, ...body.subarray(0, 2), grant]);

/** PUBLISH of MQTT 3.1.1, 3.3, with QoS 0; short ones only. */
export function publish(topic: string, payload: Uint8Array, isRetained = false): Buffer {
  const name = Buffer.from(topic);
  const length = 2 + name.length + payload.length;
  return Buffer.concat([Buffer.from([isRetained ? 0x31 : 0x30, length, 0, name.length]), name, payload]);
}

/** Answers a packet with bytes of its own; undefined for what a broker would answer. */
export type Answer = (packet: SeenPacket, socket: Socket) => Buffer | undefined;

/** A server that keeps every control packet, and answers as a test says, in MQTT 3.1.1 where it says nothing. */
export class ScriptedBroker extends RawBroker {
  readonly packets: SeenPacket[] = [];
  /** Connections that were ever made. */
  accepted = 0;
  answer: Answer = () => undefined;
  /** Gets every connection, before a word was said. */
  onConnection: (socket: Socket) => void = () => undefined;

  static start(): Promise<ScriptedBroker> {
    return new ScriptedBroker().listen(0);
  }

  get connects(): readonly SeenConnect[] {
    return this.packets.filter(({ type }) => type === PACKET.connect).map(readConnect);
  }

  protected override attend(socket: Socket): (packet: SeenPacket) => void {
    this.accepted++;
    this.onConnection(socket);
    return (packet) => {
      this.packets.push(packet);
      const reply = this.answer(packet, socket) ?? usual(packet);
      if (reply !== undefined && !socket.destroyed) socket.write(reply);
    };
  }
}

function usual(packet: SeenPacket): Buffer | undefined {
  if (packet.type === PACKET.connect) return connack(0);
  if (packet.type === PACKET.subscribe) return suback(packet, 1);
  return packet.type === PACKET.pingRequest ? PING_RESPONSE : undefined;
}
