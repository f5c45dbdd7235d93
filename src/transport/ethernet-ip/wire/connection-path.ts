import { Pm500Error } from '../../../support/errors';
import { CIP_STATUS } from './status';
import { CONNECTION_STATUS } from './connection-status';

/**
 * The path of a Forward Open (CIP Vol 1, 3-5.5.1.10): an object, and for an I/O connection the points that data flows to
 * and from. Without points it is the object itself, for instance the Message Router.
 */
export interface ConnectionPath {
  readonly classId: number;
  /** Of an I/O connection the configuration assembly; of others the instance that is connected to. */
  readonly instanceId?: number;
  /** First the point that the target consumes at (O->T), then the one it produces from (T->O). */
  readonly points: readonly number[];
}

/** The device that an originator expects, format 4; zeros stand for any (CIP Vol 1, appendix C-1.4.2). */
export interface ElectronicKey {
  readonly vendorId: number;
  readonly deviceType: number;
  readonly productCode: number;
  /** Bit 7: a device that is compatible will do. */
  readonly major: number;
  readonly minor: number;
}

/** A path as a target receives it. */
export interface ReceivedConnectionPath extends ConnectionPath {
  readonly key?: ElectronicKey;
  /** Words of configuration that came along. */
  readonly configurationWords: number;
}

const SEGMENT = { classId: 0x20, instanceId: 0x24, point: 0x2c, key: 0x34, inhibitTime: 0x43, data: 0x80 } as const;
const WIDE = 0x01;
/** Electronic key, format 4: vendor, device type, product code, revision. */
const KEY_FORMAT = 4;
const KEY_BYTES = 10;
const MAXIMUM_POINTS = 2;

function segment(type: number, value: number): readonly number[] {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff) {
    throw new Pm500Error(
      'CIP_REQUEST_INVALID',
      `The number ${value} is no CIP class, instance or point; use 0 to 65535.`,
    );
  }
  return value <= 0xff ? [type, value] : [type | WIDE, 0, value & 0xff, value >> 8];
}

/**
 * A padded EPATH; its length is even.
 * @throws Pm500Error CIP_REQUEST_INVALID when a number does not fit in 16 bits
 */
export function encodeConnectionPath({ classId, instanceId, points }: ConnectionPath): Buffer {
  return Buffer.from([
    ...segment(SEGMENT.classId, classId),
    ...(instanceId === undefined ? [] : segment(SEGMENT.instanceId, instanceId)),
    ...points.flatMap((point) => segment(SEGMENT.point, point)),
  ]);
}

/** The answer of a target to a path that it cannot read: connection failure, invalid segment in the path. */
function invalid(reason: string): Pm500Error {
  return new Pm500Error('CIP_REQUEST_INVALID', `The path of a connection cannot be read: ${reason}.`, {
    details: { generalStatus: CIP_STATUS.connectionFailure, extendedStatus: [CONNECTION_STATUS.invalidSegment] },
  });
}

function readKey(segment: Buffer): ElectronicKey {
  if (segment.readUInt8(1) !== KEY_FORMAT) throw invalid('its key is not known');
  return {
    vendorId: segment.readUInt16LE(2),
    deviceType: segment.readUInt16LE(4),
    productCode: segment.readUInt16LE(6),
    major: segment.readUInt8(8),
    minor: segment.readUInt8(9),
  };
}

/**
 * The inverse of `encodeConnectionPath`; it also takes what PLCs add: an electronic key before, a production inhibit time
 * and configuration after. A path that leads through other devices is refused.
 * @throws Pm500Error CIP_REQUEST_INVALID with `details.generalStatus` and `details.extendedStatus`
 */
export function decodeConnectionPath(bytes: Buffer): ReceivedConnectionPath {
  let offset = 0;
  let key: ElectronicKey | undefined;
  let classId: number | undefined;
  let instanceId: number | undefined;
  let configurationWords = 0;
  const points: number[] = [];
  const take = (count: number): Buffer => {
    const end = offset + count;
    if (end > bytes.length) throw invalid('its last segment is cut off');
    const taken = bytes.subarray(offset, end);
    offset = end;
    return taken;
  };
  const takeNumber = (code: number): number => ((code & WIDE) === 0 ? take(2).readUInt8(1) : take(4).readUInt16LE(2));
  while (offset < bytes.length) {
    const code = bytes.readUInt8(offset);
    switch (code) {
      case SEGMENT.key:
        if (classId !== undefined || key !== undefined) throw invalid('a key is out of place');
        key = readKey(take(KEY_BYTES));
        break;
      case SEGMENT.classId:
      case SEGMENT.classId | WIDE:
        if (classId !== undefined) throw invalid('it names two classes');
        classId = takeNumber(code);
        break;
      case SEGMENT.instanceId:
      case SEGMENT.instanceId | WIDE:
        if (classId === undefined || instanceId !== undefined) throw invalid('an instance is out of place');
        instanceId = takeNumber(code);
        break;
      case SEGMENT.point:
      case SEGMENT.point | WIDE:
        if (classId === undefined || points.length === MAXIMUM_POINTS) throw invalid('a point is out of place');
        points.push(takeNumber(code));
        break;
      case SEGMENT.inhibitTime:
        take(2);
        break;
      case SEGMENT.data:
        if (configurationWords > 0) throw invalid('it holds configuration twice');
        configurationWords = take(2).readUInt8(1);
        take(2 * configurationWords);
        break;
      default:
        throw invalid(`0x${code.toString(16).padStart(2, '0')} begins no segment of such a path`);
    }
  }
  if (classId === undefined) throw invalid('it names no class');
  return {
    classId,
    ...(instanceId === undefined ? {} : { instanceId }),
    points,
    ...(key === undefined ? {} : { key }),
    configurationWords,
  };
}
