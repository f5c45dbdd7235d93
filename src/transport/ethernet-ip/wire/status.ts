import { Pm500Error } from '../../../support/errors';

/** Encapsulation status codes (CIP Vol 2, table 2-3.3). */
export const ENCAPSULATION_STATUS = {
  success: 0x0000,
  unsupportedCommand: 0x0001,
  insufficientMemory: 0x0002,
  incorrectData: 0x0003,
  invalidSession: 0x0064,
  invalidLength: 0x0065,
  unsupportedProtocolVersion: 0x0069,
  serviceNotAllowed: 0x006a,
} as const;

const ENCAPSULATION_MEANING: ReadonlyMap<number, string> = new Map([
  [ENCAPSULATION_STATUS.unsupportedCommand, 'command not supported'],
  [ENCAPSULATION_STATUS.insufficientMemory, 'not enough memory in the device'],
  [ENCAPSULATION_STATUS.incorrectData, 'data of the command incorrect'],
  [ENCAPSULATION_STATUS.invalidSession, 'session handle not valid'],
  [ENCAPSULATION_STATUS.invalidLength, 'length of the message not valid'],
  [ENCAPSULATION_STATUS.unsupportedProtocolVersion, 'protocol version not supported'],
  [ENCAPSULATION_STATUS.serviceNotAllowed, 'CIP service not allowed here'],
]);

/** General status codes that this package sends or tells apart (CIP Vol 1, appendix B). */
export const CIP_STATUS = {
  success: 0x00,
  connectionFailure: 0x01,
  pathSegmentError: 0x04,
  pathDestinationUnknown: 0x05,
  serviceNotSupported: 0x08,
  attributeNotSettable: 0x0e,
  deviceStateConflict: 0x10,
  notEnoughData: 0x13,
  attributeNotSupported: 0x14,
  tooMuchData: 0x15,
  objectDoesNotExist: 0x16,
} as const;

/** All general status codes that a device may give to a read, in words (CIP Vol 1, table B-1.1). */
const CIP_MEANING: ReadonlyMap<number, string> = new Map([
  [0x01, 'connection failure'],
  [0x02, 'resource unavailable'],
  [0x03, 'invalid parameter value'],
  [0x04, 'path segment error'],
  [0x05, 'path destination unknown'],
  [0x06, 'partial transfer'],
  [0x07, 'connection lost'],
  [0x08, 'service not supported'],
  [0x09, 'invalid attribute value'],
  [0x0a, 'attribute list error'],
  [0x0b, 'already in the requested state'],
  [0x0c, 'object state conflict'],
  [0x0d, 'object already exists'],
  [0x0e, 'attribute not settable'],
  [0x0f, 'privilege violation'],
  [0x10, 'device state conflict'],
  [0x11, 'reply data too large'],
  [0x12, 'fragmentation of a primitive value'],
  [0x13, 'not enough data'],
  [0x14, 'attribute not supported'],
  [0x15, 'too much data'],
  [0x16, 'object does not exist'],
  [0x17, 'fragmentation sequence not in progress'],
  [0x18, 'no stored attribute data'],
  [0x19, 'store operation failure'],
  [0x1a, 'routing failure, request too large'],
  [0x1b, 'routing failure, response too large'],
  [0x1c, 'missing attribute list entry data'],
  [0x1d, 'invalid attribute value list'],
  [0x1e, 'embedded service error'],
  [0x1f, 'vendor specific error'],
  [0x20, 'invalid parameter'],
  [0x21, 'write-once value already written'],
  [0x22, 'invalid reply received'],
  [0x23, 'buffer overflow'],
  [0x24, 'message format error'],
  [0x25, 'key failure in path'],
  [0x26, 'path size invalid'],
  [0x27, 'unexpected attribute in list'],
  [0x28, 'invalid member'],
  [0x29, 'member not settable'],
  [0x2a, 'group 2 only server general failure'],
  [0x2b, 'unknown Modbus error'],
  [0x2c, 'attribute not gettable'],
  [0x2d, 'instance not deletable'],
  [0x2e, 'service not supported for this path'],
]);

/** States of the device, not of the request: the same read may succeed later. */
const TRANSIENT: ReadonlySet<number> = new Set([0x02, 0x07, 0x0c, 0x10, 0x22, 0x23]);

function hex(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}

function describeEncapsulationStatus(status: number): string {
  return `${hex(status, 4)} (${ENCAPSULATION_MEANING.get(status) ?? 'meaning unknown'})`;
}

/** General and extended status as people look them up. */
export function describeCipStatus(generalStatus: number, extendedStatus: readonly number[]): string {
  const meaning =
    CIP_MEANING.get(generalStatus) ?? (generalStatus >= 0xd0 ? 'class specific error' : 'meaning unknown');
  const words = extendedStatus.map((word) => hex(word, 4)).join(' ');
  return `${hex(generalStatus, 2)} (${meaning})${words === '' ? '' : `, extended status ${words}`}`;
}

/**
 * @param what the request, as the subject of a sentence
 * @returns ENIP_STATUS with `details.status`
 */
export function encapsulationStatusError(what: string, status: number): Pm500Error {
  return new Pm500Error(
    'ENIP_STATUS',
    `${what} was refused with encapsulation status ${describeEncapsulationStatus(status)}; check that the device has a free session, then try again.`,
    { retryable: true, details: { status } },
  );
}

/**
 * @param what the request, as the subject of a sentence
 * @param advice what to do, the end of the sentence
 * @returns CIP_STATUS with `details.generalStatus` and `details.extendedStatus`
 */
export function cipStatusError(
  what: string,
  generalStatus: number,
  extendedStatus: readonly number[],
  advice = 'check that this is the address of the meter.',
): Pm500Error {
  return new Pm500Error(
    'CIP_STATUS',
    `${what} was answered with CIP status ${describeCipStatus(generalStatus, extendedStatus)}; ${advice}`,
    { retryable: TRANSIENT.has(generalStatus), details: { generalStatus, extendedStatus } },
  );
}
