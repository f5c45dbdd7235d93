import type { Socket } from 'node:net';
import type { ProductIdentity } from '../../src/transport/transport';
import { printedRegister, wireAddress } from '../../src/transport/modbus/address';
import { TcpPeer } from '../links/tcp-peer';
import { PM500 } from '../../src/meters/pm500';

/** One request that the peer received, without its header. */
export interface ModbusRequest {
  readonly transaction: number;
  readonly unit: number;
  readonly pdu: Buffer;
  readonly functionCode: number;
  readonly address: number;
  readonly words: number;
}

/** What the peer does with one request, instead of answering as a meter would. */
export type ModbusFault = (context: {
  readonly request: ModbusRequest;
  readonly socket: Socket;
  /** The whole reply as it should be. */
  readonly reply: Buffer;
}) => void;

/** A reply with a header of its own. */
export function modbusFrame(transaction: number, unit: number, pdu: Uint8Array): Buffer {
  const frame = Buffer.alloc(7 + pdu.length);
  frame.writeUInt16BE(transaction, 0);
  frame.writeUInt16BE(pdu.length + 1, 4);
  frame[6] = unit;
  frame.set(pdu, 7);
  return frame;
}

export const PEER_PRODUCT: ProductIdentity = {
  firmwareBase: 'A.7',
  firmwareCommunication: 'A.4',
  firmwareAnalog: '',
  letters: 'SIM0940000001',
};
const PEER_PRODUCT_WORDS: ReadonlyMap<number, readonly number[]> = new Map([
  [300_001, [0x4107, 0x4104, 0]],
  [300_033, [0x5349, 0x4d30, 0x3934, 0x3030, 0x3030, 0x3030, 0x3100]],
]);

/** The same as bytes, by wire address. */
export const PEER_REGISTERS: ReadonlyMap<number, Uint8Array> = new Map(
  [...PEER_PRODUCT_WORDS].map(([register, words]) => [
    wireAddress(PM500, register),
    Uint8Array.from(words.flatMap((word) => [word >>> 8, word & 0xff])),
  ]),
);

/** A TCP peer that speaks just enough Modbus for tests, and whatever nonsense a test asks of it. */
export class ModbusPeer extends TcpPeer {
  /** Bytes by printed number of the first register. */
  readonly spans = new Map<number, Uint8Array>();
  /** Exception codes given instead of a span. */
  readonly refusals = new Map<number, number>();
  readonly requests: ModbusRequest[] = [];
  fault: ModbusFault | undefined;

  constructor() {
    super();
    for (const [address, bytes] of PEER_REGISTERS) this.spans.set(printedRegister(PM500, address), bytes);
  }

  protected override serve(socket: Socket): void {
    let received = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 12) {
        const frame = received.subarray(0, 12);
        received = received.subarray(12);
        this.react(frame, socket);
      }
    });
  }

  private react(frame: Buffer, socket: Socket): void {
    const request: ModbusRequest = {
      transaction: frame.readUInt16BE(0),
      unit: frame.readUInt8(6),
      pdu: frame.subarray(7),
      functionCode: frame.readUInt8(7),
      address: frame.readUInt16BE(8),
      words: frame.readUInt16BE(10),
    };
    this.requests.push(request);
    const reply = modbusFrame(request.transaction, request.unit, this.answer(request));
    if (this.fault === undefined) socket.write(reply);
    else this.fault({ request, socket, reply });
  }

  private answer({ functionCode, address, words }: ModbusRequest): Uint8Array {
    for (const [register, exception] of this.refusals) {
      if (wireAddress(PM500, register) === address) return Uint8Array.of(functionCode | 0x80, exception);
    }
    for (const [register, bytes] of this.spans) {
      if (wireAddress(PM500, register) !== address) continue;
      const data = bytes.subarray(0, 2 * words);
      return Uint8Array.of(functionCode, data.length, ...data);
    }
    return Uint8Array.of(functionCode | 0x80, 2);
  }
}
