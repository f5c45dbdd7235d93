import { Pm500Error } from '../../../support/errors';
import type { Identity } from '../../transport';
import { PROTOCOL_VERSION } from './encapsulation';
import { decodeCpf, encodeCpf, CPF_ITEM } from './cpf';
import { decodeSocketAddress, encodeSocketAddress, SOCKET_ADDRESS_BYTES, type SocketAddress } from './socket-address';

/** Attributes 1 to 6 take 14 bytes, then comes the length of the name (CIP Vol 1, 5A-2). */
const NAME_OFFSET = 14;
/** A SHORT_STRING says its length in one byte. */
const MAXIMUM_NAME_BYTES = 255;

/** One device's answer to List Identity. */
export interface IdentityItem {
  readonly protocolVersion: number;
  /** Where the device believes it listens. */
  readonly socketAddress: SocketAddress;
  readonly identity: Identity;
  /** State of the Identity object: 3 is operational, 255 not implemented (CIP Vol 1, table 5A-2.2). */
  readonly state: number;
}

function invalid(reason: string): Pm500Error {
  return new Pm500Error('CIP_REPLY_INVALID', `The identity of a device cannot be read: ${reason}.`);
}

/** Attributes 1 to 7 in order, little-endian: what Get_Attributes_All answers and List Identity repeats. */
export function encodeIdentity(identity: Identity): Buffer {
  const name = Buffer.from(identity.productName, 'latin1').subarray(0, MAXIMUM_NAME_BYTES);
  const bytes = Buffer.alloc(NAME_OFFSET + 1 + name.length);
  bytes.writeUInt16LE(identity.vendorId, 0);
  bytes.writeUInt16LE(identity.deviceType, 2);
  bytes.writeUInt16LE(identity.productCode, 4);
  bytes.writeUInt8(identity.revision.major, 6);
  bytes.writeUInt8(identity.revision.minor, 7);
  bytes.writeUInt16LE(identity.status, 8);
  bytes.writeUInt32LE(identity.serialNumber, 10);
  bytes.writeUInt8(name.length, NAME_OFFSET);
  name.copy(bytes, NAME_OFFSET + 1);
  return bytes;
}

/** Control characters never reach a log or an editor; the end of a name is often padded with zeros. */
function cleanName(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replace(/\p{Cc}+/gu, ' ')
    .trim();
}

/**
 * Attributes 1 to 7. Some devices answer more attributes after the name: they are left alone.
 * @throws Pm500Error CIP_REPLY_INVALID when the bytes end too early
 */
export function decodeIdentity(bytes: Buffer): Identity {
  const nameBytes = bytes[NAME_OFFSET];
  if (nameBytes === undefined || bytes.length < NAME_OFFSET + 1 + nameBytes) {
    throw invalid(`it ends after ${bytes.length} bytes`);
  }
  return {
    vendorId: bytes.readUInt16LE(0),
    deviceType: bytes.readUInt16LE(2),
    productCode: bytes.readUInt16LE(4),
    revision: { major: bytes.readUInt8(6), minor: bytes.readUInt8(7) },
    status: bytes.readUInt16LE(8),
    serialNumber: bytes.readUInt32LE(10),
    productName: cleanName(bytes.subarray(NAME_OFFSET + 1, NAME_OFFSET + 1 + nameBytes)),
  };
}

/**
 * One attribute of the Identity object, 1 to 7, as Get_Attribute_Single answers it.
 * @returns undefined when the object has no such attribute
 */
export function encodeIdentityAttribute(identity: Identity, attributeId: number): Buffer | undefined {
  const bounds = [0, 2, 4, 6, 8, 10, NAME_OFFSET];
  const start = bounds[attributeId - 1];
  return start === undefined ? undefined : encodeIdentity(identity).subarray(start, bounds[attributeId]);
}

/** Data of a List Identity reply: one item with version, socket address, Identity attributes, state (CIP Vol 2, 2-4.2). */
export function encodeListIdentityReply(item: IdentityItem): Buffer {
  const version = Buffer.alloc(2);
  version.writeUInt16LE(item.protocolVersion);
  const address = encodeSocketAddress(item.socketAddress);
  const data = Buffer.concat([version, address, encodeIdentity(item.identity), Buffer.from([item.state])]);
  return encodeCpf([{ type: CPF_ITEM.listIdentity, data }]);
}

/** @throws Pm500Error ENIP_FRAME_INVALID or CIP_REPLY_INVALID when there is not exactly one whole identity in its item */
export function decodeListIdentityReply(data: Buffer): IdentityItem {
  const item = decodeCpf(data).find(({ type }) => type === CPF_ITEM.listIdentity)?.data;
  if (item === undefined) throw invalid('the reply to List Identity holds no identity item');
  const identityOffset = 2 + SOCKET_ADDRESS_BYTES;
  if (item.length < identityOffset) throw invalid(`its item has only ${item.length} bytes`);
  const protocolVersion = item.readUInt16LE(0);
  if (protocolVersion !== PROTOCOL_VERSION) throw invalid(`protocol version ${protocolVersion} is not known`);
  const attributes = item.subarray(identityOffset);
  const identity = decodeIdentity(attributes);
  const stateOffset = NAME_OFFSET + 1 + attributes.readUInt8(NAME_OFFSET);
  const state = attributes[stateOffset];
  if (state === undefined) throw invalid('its state is missing');
  const extraBytes = attributes.length - stateOffset - 1;
  if (extraBytes > 0) throw invalid(`its item has ${extraBytes} bytes more than its name and state need`);
  return { protocolVersion, socketAddress: decodeSocketAddress(item.subarray(2, identityOffset)), identity, state };
}
