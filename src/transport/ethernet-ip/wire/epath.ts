import { Pm500Error } from '../../../support/errors';
import { CIP_STATUS } from './status';

/** What a request addresses. Instance 0 is the class itself. */
export interface CipPath {
  readonly classId: number;
  readonly instanceId: number;
  readonly attributeId?: number;
}

/** Logical segments (CIP Vol 1, C-1.4.2): type in bits 2-4, width of the value in bits 0-1. */
const LOGICAL = { classId: 0x20, instanceId: 0x24, attributeId: 0x30 } as const;
const WIDTH_MASK = 0x03;
const WIDTH_16 = 0x01;

/** 8 bits where the value fits, else a pad byte and 16 bits, little-endian: a padded EPATH has whole words. */
function segment(type: number, value: number): readonly number[] {
  return value <= 0xff ? [type, value] : [type | WIDTH_16, 0, value & 0xff, value >> 8];
}

/**
 * A padded EPATH; its length is even.
 * @throws Pm500Error CIP_REQUEST_INVALID when a number does not fit in 16 bits
 */
export function encodePath(path: CipPath): Buffer {
  const { classId, instanceId, attributeId } = path;
  for (const value of [classId, instanceId, attributeId ?? 0]) {
    if (Number.isInteger(value) && value >= 0 && value <= 0xffff) continue;
    throw new Pm500Error(
      'CIP_REQUEST_INVALID',
      `The number ${value} is no CIP class, instance or attribute; use 0 to 65535.`,
    );
  }
  return Buffer.from([
    ...segment(LOGICAL.classId, classId),
    ...segment(LOGICAL.instanceId, instanceId),
    ...(attributeId === undefined ? [] : segment(LOGICAL.attributeId, attributeId)),
  ]);
}

function invalid(reason: string): Pm500Error {
  return new Pm500Error('CIP_REQUEST_INVALID', `The path of a request cannot be read: ${reason}.`, {
    details: { generalStatus: CIP_STATUS.pathSegmentError },
  });
}

/**
 * The inverse of `encodePath`: class, instance, and an attribute or none, in this order.
 * @throws Pm500Error CIP_REQUEST_INVALID with `details.generalStatus`, the answer that a target gives
 */
export function decodePath(bytes: Buffer): CipPath {
  let offset = 0;
  const take = (type: number): number | undefined => {
    const code = bytes[offset];
    if (code === undefined || (code & ~WIDTH_MASK) !== type) return undefined;
    const width = code & WIDTH_MASK;
    if (width > WIDTH_16) throw invalid(`segment 0x${code.toString(16)} is neither 8 nor 16 bits wide`);
    const end = offset + (width === WIDTH_16 ? 4 : 2);
    if (end > bytes.length) throw invalid('its last segment is cut off');
    const value = width === WIDTH_16 ? bytes.readUInt16LE(offset + 2) : bytes.readUInt8(offset + 1);
    offset = end;
    return value;
  };
  const classId = take(LOGICAL.classId);
  const instanceId = take(LOGICAL.instanceId);
  const attributeId = take(LOGICAL.attributeId);
  if (classId === undefined) throw invalid('it does not begin with a class');
  if (instanceId === undefined) throw invalid('no instance follows the class');
  if (offset !== bytes.length) throw invalid(`${bytes.length - offset} bytes follow that are no attribute`);
  return attributeId === undefined ? { classId, instanceId } : { classId, instanceId, attributeId };
}
