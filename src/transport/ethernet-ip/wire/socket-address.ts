import { Pm500Error } from '../../../support/errors';

/** Length of a socket address on the wire. */
export const SOCKET_ADDRESS_BYTES = 16;
const FAMILY_INTERNET = 2;
/** Adapters write the number that their own system has for IPv4, or bytes the other way round; what follows is right. */
const FAMILIES_SEEN: readonly number[] = [FAMILY_INTERNET, 0x0200, 1, 0x0100];

/** An IPv4 address in a Sockaddr Info or List Identity item. */
export interface SocketAddress {
  /** Dotted decimal; "0.0.0.0" where the sender does not know. */
  readonly address: string;
  readonly port: number;
}

/**
 * family, port, address, eight zeros: the only big-endian numbers of EtherNet/IP (CIP Vol 2, 2-6.3.3).
 * @throws Pm500Error ENIP_FRAME_INVALID when `address` is not dotted decimal
 */
export function encodeSocketAddress({ address, port }: SocketAddress): Buffer {
  const octets = address.split('.').map(Number);
  if (octets.length !== 4 || !octets.every((octet) => Number.isInteger(octet) && octet >= 0 && octet <= 255)) {
    throw new Pm500Error('ENIP_FRAME_INVALID', `"${address}" is not an IPv4 address; write it as 192.0.2.1.`);
  }
  const bytes = Buffer.alloc(SOCKET_ADDRESS_BYTES);
  bytes.writeUInt16BE(FAMILY_INTERNET, 0);
  bytes.writeUInt16BE(port, 2);
  bytes.set(octets, 4);
  return bytes;
}

/** @throws Pm500Error ENIP_FRAME_INVALID when the length or the family is wrong */
export function decodeSocketAddress(bytes: Buffer): SocketAddress {
  if (bytes.length !== SOCKET_ADDRESS_BYTES) {
    throw new Pm500Error('ENIP_FRAME_INVALID', `A socket address has 16 bytes, not ${bytes.length}.`);
  }
  const family = bytes.readUInt16BE(0);
  if (!FAMILIES_SEEN.includes(family)) {
    throw new Pm500Error('ENIP_FRAME_INVALID', `A socket address is of family ${family}, not of IPv4.`);
  }
  return { address: bytes.subarray(4, 8).join('.'), port: bytes.readUInt16BE(2) };
}
