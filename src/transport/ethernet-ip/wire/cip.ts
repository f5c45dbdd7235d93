import { Pm500Error } from '../../../support/errors';
import { decodePath, encodePath, type CipPath } from './epath';
import { CIP_STATUS } from './status';

/** The services that this software asks for: they read and can change nothing (CIP Vol 1, appendix A). */
export const SERVICE = { getAttributesAll: 0x01, getAttributeSingle: 0x0e } as const;
export type ReadService = (typeof SERVICE)[keyof typeof SERVICE];

/** The services that open and close a connection to read over (CIP Vol 1, 3-5.5). */
export const CONNECTION_SERVICE = { forwardClose: 0x4e, forwardOpen: 0x54 } as const;
export type ConnectionService = (typeof CONNECTION_SERVICE)[keyof typeof CONNECTION_SERVICE];

/** Object classes that are asked (CIP Vol 1, chapters 3 and 5). */
export const CIP_CLASS = { identity: 0x01, assembly: 0x04, connectionManager: 0x06 } as const;
/** Instance attributes of an assembly: its data, and the number of bytes of it (CIP Vol 1, 5A-5; 1420-UM001D p.77). */
export const ASSEMBLY_ATTRIBUTE = { data: 3, size: 4 } as const;

/** Set in the service code of every response. */
export const RESPONSE_FLAG = 0x80;
const RESPONSE_HEADER_BYTES = 4;

/** A request as a target receives it: any service, because a simulated meter must refuse the others. */
export interface CipRequest {
  readonly service: number;
  readonly path: CipPath;
  readonly data: Buffer;
}

export interface CipResponse {
  /** The service that was asked for, without the response flag. */
  readonly service: number;
  /** 0 is success, see status.ts. */
  readonly generalStatus: number;
  /** Words of additional status, often none. */
  readonly extendedStatus: readonly number[];
  readonly data: Buffer;
}

/** A response to be sent; what is absent is success, no words, no data. */
export interface CipResponseParts {
  readonly service: number;
  readonly generalStatus?: number;
  readonly extendedStatus?: readonly number[];
  readonly data?: Uint8Array;
}

/**
 * A request PDU: service, path length in words, padded EPATH, data. Services that read carry no data.
 * @throws Pm500Error CIP_REQUEST_INVALID when the path does not fit
 */
export function encodeCipRequest(
  service: ReadService | ConnectionService,
  path: CipPath,
  data: Uint8Array = new Uint8Array(0),
): Buffer {
  const segments = encodePath(path);
  return Buffer.concat([Buffer.from([service, segments.length / 2]), segments, data]);
}

/**
 * @throws Pm500Error CIP_REQUEST_INVALID with `details.generalStatus`, the answer that a target gives, and
 * `details.service` where it could be read
 */
export function decodeCipRequest(bytes: Buffer): CipRequest {
  const service = bytes[0];
  const words = bytes[1];
  if (service === undefined || words === undefined || bytes.length < 2 + 2 * words) {
    throw new Pm500Error('CIP_REQUEST_INVALID', `A request of ${bytes.length} bytes ends before its path does.`, {
      details: { service: service ?? 0, generalStatus: CIP_STATUS.notEnoughData },
    });
  }
  if ((service & RESPONSE_FLAG) !== 0) {
    throw new Pm500Error('CIP_REQUEST_INVALID', 'A response arrived where a request belongs.', {
      details: { service: service & ~RESPONSE_FLAG, generalStatus: CIP_STATUS.serviceNotSupported },
    });
  }
  try {
    return { service, path: decodePath(bytes.subarray(2, 2 + 2 * words)), data: bytes.subarray(2 + 2 * words) };
  } catch (thrown) {
    if (!(thrown instanceof Pm500Error)) throw thrown;
    throw new Pm500Error(thrown.code, thrown.message, { cause: thrown, details: { ...thrown.details, service } });
  }
}

/** A response PDU: service with the response flag, reserved, general status, additional status words, data. */
export function encodeCipResponse(parts: CipResponseParts): Buffer {
  const words = parts.extendedStatus ?? [];
  const dataOffset = RESPONSE_HEADER_BYTES + 2 * words.length;
  const bytes = Buffer.alloc(dataOffset + (parts.data?.length ?? 0));
  bytes[0] = parts.service | RESPONSE_FLAG;
  bytes[2] = parts.generalStatus ?? 0;
  bytes[3] = words.length;
  words.forEach((word, index) => bytes.writeUInt16LE(word, RESPONSE_HEADER_BYTES + 2 * index));
  if (parts.data !== undefined) bytes.set(parts.data, dataOffset);
  return bytes;
}

/** @throws Pm500Error CIP_REPLY_INVALID when the bytes are no response */
export function decodeCipResponse(bytes: Buffer): CipResponse {
  const [service = 0, , generalStatus = 0, words = 0] = bytes;
  const dataOffset = RESPONSE_HEADER_BYTES + 2 * words;
  if (bytes.length < RESPONSE_HEADER_BYTES || bytes.length < dataOffset) {
    throw new Pm500Error('CIP_REPLY_INVALID', `A CIP reply of ${bytes.length} bytes ends before its status does.`);
  }
  if ((service & RESPONSE_FLAG) === 0) {
    throw new Pm500Error('CIP_REPLY_INVALID', 'A CIP request arrived where a reply belongs.');
  }
  const extendedStatus: number[] = [];
  for (let offset = RESPONSE_HEADER_BYTES; offset < dataOffset; offset += 2)
    extendedStatus.push(bytes.readUInt16LE(offset));
  return { service: service & ~RESPONSE_FLAG, generalStatus, extendedStatus, data: bytes.subarray(dataOffset) };
}
