import type { Socket } from 'node:net';
import { PACKET, PING_RESPONSE, readConnect, readSubscribe, type SeenPacket } from './packets';
import { RawBroker } from './raw-broker';

/** What a server answers so that the client goes on: CONNACK, SUBACK with QoS 1 granted, PINGRESP. */
function answerTo({ type, body }: SeenPacket, level: number): Buffer | undefined {
  const properties = level === 5 ? [0] : [];
  if (type === PACKET.connect) return Buffer.from([0x20, 2 + properties.length, 0, 0, ...properties]);
  if (type === PACKET.pingRequest) return PING_RESPONSE;
  if (type !== PACKET.subscribe) return undefined;
  const grants = readSubscribe({ type, flags: 0, body }, level).map(() => 1);
  return Buffer.from([0x90, 2 + properties.length + grants.length, ...body.subarray(0, 2), ...properties, ...grants]);
}

/** A server that grants everything and keeps every control packet as bytes. */
export class PacketBroker extends RawBroker {
  readonly packets: SeenPacket[] = [];

  /** @param port where the clients look for it; any where absent */
  static start(port = 0): Promise<PacketBroker> {
    return new PacketBroker().listen(port);
  }

  of(type: number): readonly SeenPacket[] {
    return this.packets.filter((packet) => packet.type === type);
  }

  protected override attend(socket: Socket): (packet: SeenPacket) => void {
    let level = 4;
    return (packet) => {
      this.packets.push(packet);
      if (packet.type === PACKET.connect) level = readConnect(packet).level;
      const answer = answerTo(packet, level);
      if (answer !== undefined) socket.write(answer);
    };
  }
}
