import { Pm500Error } from '../../../support/errors';

/** Item types of the Common Packet Format (CIP Vol 2, table 2-6.3). */
export const CPF_ITEM = {
  nullAddress: 0x0000,
  listIdentity: 0x000c,
  connectedAddress: 0x00a1,
  connectedData: 0x00b1,
  unconnectedData: 0x00b2,
  listServices: 0x0100,
  socketAddressOriginatorToTarget: 0x8000,
  socketAddressTargetToOriginator: 0x8001,
  sequencedAddress: 0x8002,
} as const;

/** No message of this package has more than four items; a longer list is garbage. */
const MAXIMUM_ITEMS = 16;
const ITEM_HEADER_BYTES = 4;
/** Interface handle (UDINT, 0 for CIP) and timeout (UINT, seconds) that SendRRData and SendUnitData put before the items. */
const INTERFACE_BYTES = 6;

export interface CpfItem {
  readonly type: number;
  /** Shares memory with the frame it was read from. */
  readonly data: Uint8Array;
}

export interface ReceivedCpfItem extends CpfItem {
  readonly data: Buffer;
}

function invalid(reason: string): Pm500Error {
  return new Pm500Error('ENIP_FRAME_INVALID', `The items of an encapsulation frame cannot be read: ${reason}.`);
}

/** Item count and items, little-endian. */
export function encodeCpf(items: readonly CpfItem[]): Buffer {
  const bytes = Buffer.alloc(items.reduce((sum, item) => sum + ITEM_HEADER_BYTES + item.data.length, 2));
  bytes.writeUInt16LE(items.length, 0);
  let offset = 2;
  for (const item of items) {
    bytes.writeUInt16LE(item.type, offset);
    bytes.writeUInt16LE(item.data.length, offset + 2);
    bytes.set(item.data, offset + ITEM_HEADER_BYTES);
    offset += ITEM_HEADER_BYTES + item.data.length;
  }
  return bytes;
}

/**
 * Item count and items; nothing may be left over.
 * @throws Pm500Error ENIP_FRAME_INVALID
 */
export function decodeCpf(bytes: Buffer): readonly ReceivedCpfItem[] {
  if (bytes.length < 2) throw invalid('the item count is missing');
  const count = bytes.readUInt16LE(0);
  if (count > MAXIMUM_ITEMS) throw invalid(`${count} items are announced`);
  const items: ReceivedCpfItem[] = [];
  let offset = 2;
  for (let index = 0; index < count; index++) {
    const start = offset + ITEM_HEADER_BYTES;
    if (start > bytes.length) throw invalid(`item ${index + 1} of ${count} is missing`);
    const length = bytes.readUInt16LE(offset + 2);
    if (start + length > bytes.length) throw invalid(`item ${index + 1} of ${count} ends after the frame`);
    items.push({ type: bytes.readUInt16LE(offset), data: bytes.subarray(start, start + length) });
    offset = start + length;
  }
  if (offset !== bytes.length) throw invalid(`${bytes.length - offset} bytes are left over after the last item`);
  return items;
}

/**
 * Data of SendRRData: one CIP message over UCMM, with a null address (CIP Vol 2, 2-4.7).
 * @param message the CIP request or response
 * @param more items after the message, for instance Sockaddr Info of a Forward Open
 */
export function encodeUnconnected(message: Uint8Array, more: readonly CpfItem[] = []): Buffer {
  const items = encodeCpf([
    { type: CPF_ITEM.nullAddress, data: new Uint8Array(0) },
    { type: CPF_ITEM.unconnectedData, data: message },
    ...more,
  ]);
  const data = Buffer.alloc(INTERFACE_BYTES + items.length);
  data.set(items, INTERFACE_BYTES);
  return data;
}

/** One CIP message of SendRRData and what came after it. */
export interface UnconnectedMessage {
  readonly message: Buffer;
  readonly more: readonly ReceivedCpfItem[];
}

/**
 * The inverse of `encodeUnconnected`.
 * @throws Pm500Error ENIP_FRAME_INVALID when the interface is not CIP or the first items are not null address and data
 */
export function decodeUnconnected(data: Buffer): UnconnectedMessage {
  if (data.length < INTERFACE_BYTES) throw invalid('the interface handle is missing');
  const interfaceHandle = data.readUInt32LE(0);
  if (interfaceHandle !== 0) throw invalid(`interface ${interfaceHandle} is not CIP`);
  const [address, message, ...more] = decodeCpf(data.subarray(INTERFACE_BYTES));
  if (address?.type !== CPF_ITEM.nullAddress || address.data.length !== 0) throw invalid('the null address is missing');
  if (message?.type !== CPF_ITEM.unconnectedData) throw invalid('the unconnected data is missing');
  return { message: message.data, more };
}
