import { crc32 } from 'node:zlib';
import type { OutboxRecord } from './outbox';
import { StoredRecord } from './stored-record';

/*
 * A segment is a file: a header, then frames, one per record, little endian throughout.
 *
 *   header (HEADER_BYTES)                      frame (FRAME_BYTES + origin + payload)
 *    0  u8[8] "PM500OBX"                        0  u32  FRAME_MARKER, to find the next frame after damage
 *    8  u16   format version                    4  u32  CRC-32 of all that follows, begun with the segment's sequence
 *   10  u16   header length                     8  u32  index of the record in the segment
 *   12  u32   sequence of the segment          12  u32  bytes of the payload
 *   16  u64   position of its first record     16  u16  bytes of the origin, 0xffff where there is none
 *   24  u64   payload bytes of all before      18  u16  0
 *   32  f64   acceptedAt of its first record   20  f64  acceptedAt
 *   40  u32   CRC-32 of the 40 bytes above     28  origin, then payload, both UTF-8
 *
 * The CRC of a frame begins with the sequence, so that a frame in a payload, or one of a segment whose blocks the file
 * system has used again, is not taken for a frame of this segment. Vectors: test/vectors/outbox.
 *
 * A later layout keeps the names of the files and the first ten bytes, and raises the version: an earlier build then leaves
 * the folder as it is, and says so. It brings a folder of each earlier layout as a vector that it still reads.
 */
const MAGIC = Buffer.from('PM500OBX', 'latin1');
export const FORMAT_VERSION = 1;
export const HEADER_BYTES = 44;
const FRAME_BYTES = 28;
const FRAME_MARKER = Buffer.from([0xf5, 0x4f, 0x42, 0xfa]);
const MARKER_VALUE = FRAME_MARKER.readUInt32LE();
const NO_ORIGIN = 0xffff;
/** The largest payload of one record, bytes: far above any record, far below what memory would not bear. */
export const MAXIMUM_PAYLOAD_BYTES = 64 * 1024 * 1024;
export const MAXIMUM_ORIGIN_BYTES = 0xfffe;

export interface SegmentHeader {
  readonly version: number;
  readonly sequence: number;
  /** Position of the first record. */
  readonly base: number;
  /** Payload bytes of all records of the outbox before this segment. */
  readonly baseBytes: number;
  /** `acceptedAt` of the first record. */
  readonly firstAcceptedAt: number;
}

export function encodeHeader({ version, sequence, base, baseBytes, firstAcceptedAt }: SegmentHeader): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt16LE(version, 8);
  header.writeUInt16LE(HEADER_BYTES, 10);
  header.writeUInt32LE(sequence, 12);
  header.writeBigUInt64LE(BigInt(base), 16);
  header.writeBigUInt64LE(BigInt(baseBytes), 24);
  header.writeDoubleLE(firstAcceptedAt, 32);
  header.writeUInt32LE(crc32(header.subarray(0, 40)), 40);
  return header;
}

/** The header at the start of `bytes`, or undefined where there is none that is whole. */
export function decodeHeader(bytes: Buffer): SegmentHeader | undefined {
  if (bytes.length < HEADER_BYTES || !bytes.subarray(0, 8).equals(MAGIC)) return undefined;
  if (crc32(bytes.subarray(0, 40)) !== bytes.readUInt32LE(40)) return undefined;
  return {
    version: bytes.readUInt16LE(8),
    sequence: bytes.readUInt32LE(12),
    base: Number(bytes.readBigUInt64LE(16)),
    baseBytes: Number(bytes.readBigUInt64LE(24)),
    firstAcceptedAt: bytes.readDoubleLE(32),
  };
}

/** A record with the sizes of its texts in UTF-8. */
export interface SizedRecord {
  readonly record: OutboxRecord;
  readonly payloadBytes: number;
  readonly originBytes: number;
  /** What the wall clock was ahead of the monotonic one when it was handed in, milliseconds. */
  readonly clockOffset: number;
}

export function measure(record: OutboxRecord, clockOffset: number): SizedRecord {
  const originBytes = record.origin === undefined ? 0 : Buffer.byteLength(record.origin);
  return { record, payloadBytes: Buffer.byteLength(record.payload), originBytes, clockOffset };
}

export function frameBytes({ payloadBytes, originBytes }: SizedRecord): number {
  return FRAME_BYTES + originBytes + payloadBytes;
}

/** Writes one frame at `at`; returns where the next one begins. */
export function encodeEntry(target: Buffer, at: number, sized: SizedRecord, sequence: number, index: number): number {
  const { record, payloadBytes, originBytes } = sized;
  const end = at + frameBytes(sized);
  target.writeUInt32LE(MARKER_VALUE, at);
  target.writeUInt32LE(index, at + 8);
  target.writeUInt32LE(payloadBytes, at + 12);
  target.writeUInt16LE(record.origin === undefined ? NO_ORIGIN : originBytes, at + 16);
  target.writeUInt16LE(0, at + 18);
  target.writeDoubleLE(record.acceptedAt, at + 20);
  if (record.origin !== undefined) target.write(record.origin, at + FRAME_BYTES, originBytes, 'utf8');
  // A text of as many characters as bytes is ASCII, which needs no encoding.
  const encoding = payloadBytes === record.payload.length ? 'latin1' : 'utf8';
  target.write(record.payload, end - payloadBytes, payloadBytes, encoding);
  target.writeUInt32LE(crc32(target.subarray(at + 8, end), sequence), at + 4);
  return end;
}

/** One frame found in a buffer. */
export interface Frame {
  readonly index: number;
  readonly payloadBytes: number;
  /** Where it begins, and where the next one does. */
  readonly at: number;
  readonly end: number;
}

/**
 * The frame at `at`.
 * @param available where the bytes end that are in `bytes`
 * @param limit where the segment ends: no frame reaches beyond
 * @returns 'short' when more bytes than are available decide, 'invalid' when there is no whole frame
 */
export function parseFrame(
  bytes: Buffer,
  at: number,
  available: number,
  limit: number,
  sequence: number,
): Frame | 'short' | 'invalid' {
  if (at + FRAME_BYTES > limit) return 'invalid';
  if (at + FRAME_BYTES > available) return 'short';
  if (bytes.readUInt32LE(at) !== MARKER_VALUE) return 'invalid';
  const payloadBytes = bytes.readUInt32LE(at + 12);
  const end = at + FRAME_BYTES + originLength(bytes, at) + payloadBytes;
  if (payloadBytes > MAXIMUM_PAYLOAD_BYTES || end > limit) return 'invalid';
  if (end > available) return 'short';
  if (crc32(bytes.subarray(at + 8, end), sequence) !== bytes.readUInt32LE(at + 4)) return 'invalid';
  return { index: bytes.readUInt32LE(at + 8), payloadBytes, at, end };
}

/** Where the next frame might begin, at `from` or later; -1 when nowhere. */
export function findMarker(bytes: Buffer, from: number): number {
  return bytes.indexOf(FRAME_MARKER, from);
}

/** The record of a frame that `parseFrame` found in the same bytes; it holds on to them. */
export function decodeRecord(bytes: Buffer, { at, end, payloadBytes }: Frame): StoredRecord {
  const start = end - payloadBytes;
  const hasOrigin = bytes.readUInt16LE(at + 16) !== NO_ORIGIN;
  const origin = hasOrigin ? bytes.toString('utf8', at + FRAME_BYTES, start) : undefined;
  return new StoredRecord(bytes, start, end, bytes.readDoubleLE(at + 20), origin);
}

function originLength(bytes: Buffer, at: number): number {
  const length = bytes.readUInt16LE(at + 16);
  return length === NO_ORIGIN ? 0 : length;
}

/** Names carry what a damaged header could no longer tell. None ends in `.log` any more: cleaners delete such files. */
export function segmentName({ sequence, base }: Pick<SegmentHeader, 'sequence' | 'base'>): string {
  return `segment-${String(sequence).padStart(10, '0')}-${String(base).padStart(16, '0')}.seg`;
}

export function parseSegmentName(name: string): Pick<SegmentHeader, 'sequence' | 'base'> | undefined {
  const match = /^segment-(\d{10})-(\d{16})\.(?:seg|log)$/.exec(name);
  const sequence = Number(match?.[1]);
  const base = Number(match?.[2]);
  const isValid = match !== null && sequence <= 0xffff_ffff && Number.isSafeInteger(base);
  return isValid ? { sequence, base } : undefined;
}
