import { Pm500Error } from '../../../support/errors';
import { decodeConnectionPath, encodeConnectionPath, type ReceivedConnectionPath } from './connection-path';
import {
  decodeFlow,
  encodeFlow,
  transportParameters,
  type ConnectionIds,
  type ReadingConnection,
  type ReceivedFlow,
} from './connection-parameters';
import { CIP_STATUS } from './status';

/** Fixed part of the request (CIP Vol 1, table 3-5.17) and of the replies (tables 3-5.18, 3-5.19). */
const REQUEST_BYTES = 36;
const REPLY_BYTES = 26;
/** Where a reply says how many words of application data follow it. */
const APPLICATION_SIZE_OFFSET = 24;
const FAILURE_BYTES = 10;
/** Priority and time tick: the target may take 5 ticks of 1024 ms for the request itself. */
const TIME_TICK = 0x0a;
const TIMEOUT_TICKS = 5;
/** Where connection serial number, vendor and originator serial number stand. */
const IDS_OFFSET = { request: 10, reply: 8, failure: 0 } as const;

/** A Forward Open to be sent. Only connections that read can be described, so no other can be asked for. */
export interface ForwardOpen extends ConnectionIds {
  /** The originator's choice of the connection id for T->O; a target that multicasts answers with its own. */
  readonly targetToOriginatorId: number;
  readonly rpiMicroseconds: number;
  /** 0 to 7: the connection times out after 4, 8, ... 512 intervals. */
  readonly timeoutMultiplierCode: number;
  readonly connection: ReadingConnection;
}

/** A Forward Open as a target receives it: any, because a simulated meter must refuse the others. */
export interface ReceivedForwardOpen extends ConnectionIds {
  readonly originatorToTargetId: number;
  readonly targetToOriginatorId: number;
  readonly timeoutMultiplierCode: number;
  readonly originatorToTarget: ReceivedFlow;
  readonly targetToOriginator: ReceivedFlow;
  /** Bits 0-3 class, 4-6 production trigger, 7 server (CIP Vol 1, 3-4.4.3). */
  readonly transport: number;
  readonly path: ReceivedConnectionPath;
}

/** What the target agreed to. */
export interface ForwardOpenReply extends ConnectionIds {
  readonly originatorToTargetId: number;
  readonly targetToOriginatorId: number;
  /** Actual packet interval, O->T: how often the originator shall send. */
  readonly originatorToTargetMicroseconds: number;
  /** Actual packet interval, T->O: how often the target will send. */
  readonly targetToOriginatorMicroseconds: number;
}

export function writeIds(bytes: Buffer, offset: number, ids: ConnectionIds): void {
  bytes.writeUInt16LE(ids.connectionSerial, offset);
  bytes.writeUInt16LE(ids.vendorId, offset + 2);
  bytes.writeUInt32LE(ids.originatorSerial, offset + 4);
}

export function readIds(bytes: Buffer, offset: number): ConnectionIds {
  return {
    connectionSerial: bytes.readUInt16LE(offset),
    vendorId: bytes.readUInt16LE(offset + 2),
    originatorSerial: bytes.readUInt32LE(offset + 4),
  };
}

/** Service data of Forward Open, little-endian. */
export function encodeForwardOpen(request: ForwardOpen): Buffer {
  const { connection, rpiMicroseconds } = request;
  const { path, originatorToTarget, targetToOriginator, transport } = transportParameters(connection);
  const segments = encodeConnectionPath(path);
  const bytes = Buffer.alloc(REQUEST_BYTES);
  bytes.writeUInt8(TIME_TICK, 0);
  bytes.writeUInt8(TIMEOUT_TICKS, 1);
  bytes.writeUInt32LE(request.targetToOriginatorId, 6);
  writeIds(bytes, IDS_OFFSET.request, request);
  bytes.writeUInt8(request.timeoutMultiplierCode, 18);
  bytes.writeUInt32LE(rpiMicroseconds, 22);
  bytes.writeUInt16LE(encodeFlow(originatorToTarget), 26);
  bytes.writeUInt32LE(rpiMicroseconds, 28);
  bytes.writeUInt16LE(encodeFlow(targetToOriginator), 32);
  bytes.writeUInt8(transport, 34);
  bytes.writeUInt8(segments.length / 2, 35);
  return Buffer.concat([bytes, segments]);
}

/**
 * The target's side of `encodeForwardOpen`.
 * @throws Pm500Error CIP_REQUEST_INVALID with `details.generalStatus`, the answer that a target gives
 */
export function decodeForwardOpen(bytes: Buffer): ReceivedForwardOpen {
  if (bytes.length < REQUEST_BYTES) throw wrongLength(bytes.length, CIP_STATUS.notEnoughData);
  const end = REQUEST_BYTES + 2 * bytes.readUInt8(35);
  if (bytes.length !== end) {
    throw wrongLength(bytes.length, bytes.length < end ? CIP_STATUS.notEnoughData : CIP_STATUS.tooMuchData);
  }
  return {
    ...readIds(bytes, IDS_OFFSET.request),
    originatorToTargetId: bytes.readUInt32LE(2),
    targetToOriginatorId: bytes.readUInt32LE(6),
    timeoutMultiplierCode: bytes.readUInt8(18),
    originatorToTarget: { ...decodeFlow(bytes.readUInt16LE(26)), rpiMicroseconds: bytes.readUInt32LE(22) },
    targetToOriginator: { ...decodeFlow(bytes.readUInt16LE(32)), rpiMicroseconds: bytes.readUInt32LE(28) },
    transport: bytes.readUInt8(34),
    path: decodeConnectionPath(bytes.subarray(REQUEST_BYTES)),
  };
}

export function wrongLength(length: number, generalStatus: number): Pm500Error {
  return new Pm500Error('CIP_REQUEST_INVALID', `A connection request of ${length} bytes has the wrong length.`, {
    details: { generalStatus },
  });
}

/** Data of a successful reply, without application reply. */
export function encodeForwardOpenReply(reply: ForwardOpenReply): Buffer {
  const bytes = Buffer.alloc(REPLY_BYTES);
  bytes.writeUInt32LE(reply.originatorToTargetId, 0);
  bytes.writeUInt32LE(reply.targetToOriginatorId, 4);
  writeIds(bytes, IDS_OFFSET.reply, reply);
  bytes.writeUInt32LE(reply.originatorToTargetMicroseconds, 16);
  bytes.writeUInt32LE(reply.targetToOriginatorMicroseconds, 20);
  return bytes;
}

/**
 * Application data after the reply is left alone; it must have the length that the reply says.
 * @throws Pm500Error CIP_REPLY_INVALID when the length is not that, or an interval is 0
 */
export function decodeForwardOpenReply(bytes: Buffer): ForwardOpenReply {
  if (bytes.length < REPLY_BYTES) {
    throw new Pm500Error('CIP_REPLY_INVALID', `A reply to Forward Open ends after ${bytes.length} bytes.`);
  }
  const announced = REPLY_BYTES + 2 * bytes.readUInt8(APPLICATION_SIZE_OFFSET);
  if (bytes.length !== announced) {
    const message = `A reply to Forward Open announces ${announced} bytes, but has ${bytes.length}.`;
    throw new Pm500Error('CIP_REPLY_INVALID', message);
  }
  const reply = {
    ...readIds(bytes, IDS_OFFSET.reply),
    originatorToTargetId: bytes.readUInt32LE(0),
    targetToOriginatorId: bytes.readUInt32LE(4),
    originatorToTargetMicroseconds: bytes.readUInt32LE(16),
    targetToOriginatorMicroseconds: bytes.readUInt32LE(20),
  };
  if (reply.originatorToTargetMicroseconds === 0 || reply.targetToOriginatorMicroseconds === 0) {
    throw new Pm500Error('CIP_REPLY_INVALID', 'A reply to Forward Open announces a packet interval of 0.');
  }
  return reply;
}

/** Data of a refusal, of Forward Open and Forward Close alike: whose connection, and no path that was left over. */
export function encodeConnectionFailure(ids: ConnectionIds): Buffer {
  const bytes = Buffer.alloc(FAILURE_BYTES);
  writeIds(bytes, IDS_OFFSET.failure, ids);
  return bytes;
}
