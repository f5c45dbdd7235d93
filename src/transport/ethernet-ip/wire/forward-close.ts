import type { ConnectionIds, ReadingConnection } from './connection-parameters';
import { transportParameters } from './connection-parameters';
import { decodeConnectionPath, encodeConnectionPath, type ReceivedConnectionPath } from './connection-path';
import { readIds, writeIds, wrongLength } from './forward-open';
import { CIP_STATUS } from './status';

/** Fixed part of the request (CIP Vol 1, table 3-5.21) and of the successful reply (table 3-5.22). */
const REQUEST_BYTES = 12;
const REPLY_BYTES = 10;
const TIME_TICK = 0x0a;
const TIMEOUT_TICKS = 5;

/** Names a connection that the same originator has opened. */
export interface ForwardClose extends ConnectionIds {
  readonly connection: ReadingConnection;
}

export interface ReceivedForwardClose extends ConnectionIds {
  readonly path: ReceivedConnectionPath;
}

/** Service data of Forward Close, little-endian; unlike in Forward Open a reserved byte stands before the path. */
export function encodeForwardClose(request: ForwardClose): Buffer {
  const segments = encodeConnectionPath(transportParameters(request.connection).path);
  const bytes = Buffer.alloc(REQUEST_BYTES);
  bytes.writeUInt8(TIME_TICK, 0);
  bytes.writeUInt8(TIMEOUT_TICKS, 1);
  writeIds(bytes, 2, request);
  bytes.writeUInt8(segments.length / 2, 10);
  return Buffer.concat([bytes, segments]);
}

/** @throws Pm500Error CIP_REQUEST_INVALID with `details.generalStatus`, the answer that a target gives */
export function decodeForwardClose(bytes: Buffer): ReceivedForwardClose {
  if (bytes.length < REQUEST_BYTES) throw wrongLength(bytes.length, CIP_STATUS.notEnoughData);
  const end = REQUEST_BYTES + 2 * bytes.readUInt8(10);
  if (bytes.length !== end) {
    throw wrongLength(bytes.length, bytes.length < end ? CIP_STATUS.notEnoughData : CIP_STATUS.tooMuchData);
  }
  return { ...readIds(bytes, 2), path: decodeConnectionPath(bytes.subarray(REQUEST_BYTES)) };
}

/** Data of a successful reply, without application reply. What it says is not news to the originator. */
export function encodeForwardCloseReply(ids: ConnectionIds): Buffer {
  const bytes = Buffer.alloc(REPLY_BYTES);
  writeIds(bytes, 0, ids);
  return bytes;
}
