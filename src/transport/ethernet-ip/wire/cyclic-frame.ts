import { Pm500Error } from '../../../support/errors';
import { SEQUENCE_COUNT_BYTES } from './connection-parameters';
import { CPF_ITEM, decodeCpf, encodeCpf } from './cpf';

/** Connection id and encapsulation sequence number of a sequenced address item. */
const ADDRESS_BYTES = 8;
/** Where everything stands in a frame: two items in this order, nothing before, between or behind. */
export const CYCLIC_OFFSET = { connectionId: 6, sequence: 10, count: 18 } as const;
const ITEM_OFFSET = { count: 0, addressType: 2, addressLength: 4, bodyType: 14, bodyLength: 16 } as const;
const DATA_OFFSET = CYCLIC_OFFSET.count + SEQUENCE_COUNT_BYTES;

/** One datagram of a class 1 connection (CIP Vol 2, 3-2.2): no encapsulation header, two items. */
export interface CyclicFrame {
  readonly connectionId: number;
  /** 32 bits, one more with every datagram: tells order. */
  readonly sequence: number;
  /** 16 bits, one more whenever the data was produced anew. */
  readonly count: number;
  /** Without run/idle header; nothing in a heartbeat. Shares memory with the datagram. */
  readonly data: Uint8Array;
}

export interface ReceivedCyclicFrame extends CyclicFrame {
  readonly data: Buffer;
}

export function encodeCyclicFrame({ connectionId, sequence, count, data }: CyclicFrame): Buffer {
  const address = Buffer.alloc(ADDRESS_BYTES);
  address.writeUInt32LE(connectionId, 0);
  address.writeUInt32LE(sequence >>> 0, 4);
  const body = Buffer.alloc(SEQUENCE_COUNT_BYTES + data.length);
  body.writeUInt16LE(count & 0xffff, 0);
  body.set(data, SEQUENCE_COUNT_BYTES);
  return encodeCpf([
    { type: CPF_ITEM.sequencedAddress, data: address },
    { type: CPF_ITEM.connectedData, data: body },
  ]);
}

/** @throws Pm500Error ENIP_FRAME_INVALID when the bytes are not exactly one class 1 frame */
export function decodeCyclicFrame(bytes: Buffer): ReceivedCyclicFrame {
  const isFrame =
    bytes.length >= DATA_OFFSET &&
    bytes.readUInt16LE(ITEM_OFFSET.count) === 2 &&
    bytes.readUInt16LE(ITEM_OFFSET.addressType) === CPF_ITEM.sequencedAddress &&
    bytes.readUInt16LE(ITEM_OFFSET.addressLength) === ADDRESS_BYTES &&
    bytes.readUInt16LE(ITEM_OFFSET.bodyType) === CPF_ITEM.connectedData &&
    bytes.readUInt16LE(ITEM_OFFSET.bodyLength) === bytes.length - CYCLIC_OFFSET.count;
  if (!isFrame) throw refusalOf(bytes);
  return {
    connectionId: bytes.readUInt32LE(CYCLIC_OFFSET.connectionId),
    sequence: bytes.readUInt32LE(CYCLIC_OFFSET.sequence),
    count: bytes.readUInt16LE(CYCLIC_OFFSET.count),
    data: bytes.subarray(DATA_OFFSET),
  };
}

/** What cannot be read as items says so itself. */
function refusalOf(bytes: Buffer): Pm500Error {
  decodeCpf(bytes);
  return new Pm500Error('ENIP_FRAME_INVALID', 'A datagram does not hold a sequenced address and connected data.');
}

/** True when `next` comes after `last` in a counter of 32 bits that wraps (CIP Vol 2, 3-4.2). */
export function isNewer(next: number, last: number): boolean {
  return ((next - last) | 0) > 0;
}
