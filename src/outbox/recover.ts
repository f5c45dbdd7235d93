import { Pm500Error } from '../support/errors';
import type { DamageReporter } from './damage';
import {
  decodeHeader,
  findMarker,
  FORMAT_VERSION,
  HEADER_BYTES,
  parseFrame,
  parseSegmentName,
  type Frame,
} from './disk-format';
import type { OutboxFiles } from './files';
import type { Remembered } from './position-file';
import { readBlocks, type Segment, type SegmentLog } from './segments';

/**
 * The header of every segment in a folder. It writes nothing, so that a folder of a later version stays as it is.
 * @throws Pm500Error OUTBOX_UNAVAILABLE when a later version has written there
 */
export async function readHeaders(files: OutboxFiles): Promise<readonly Segment[]> {
  const segments: Segment[] = [];
  for (const name of await files.list()) {
    const named = parseSegmentName(name);
    if (named !== undefined) segments.push(await readHeader(files, name, named));
  }
  return segments;
}

/**
 * Finds what an outbox folder holds without reading it all: the last segment is read whole, because only there a crash
 * can have left something unfinished.
 * @param found what `readHeaders` found there
 * @param remembered what tells of records of which no file is left; absent where nothing was remembered
 */
export async function recoverLog(
  files: OutboxFiles,
  found: readonly Segment[],
  remembered: Remembered | undefined,
  damage: DamageReporter,
): Promise<SegmentLog> {
  const { position, end } = remembered ?? { position: 0, end: 0 };
  const segments = [...found].sort((left, right) => left.base - right.base || left.sequence - right.sequence);
  // Also of a file whose header says another one.
  const nextSequence = found.reduce((next, { name }) => Math.max(next, (parseSegmentName(name)?.sequence ?? 0) + 1), 1);
  await mendHeaders(files, segments);
  const log: SegmentLog = { segments, end: Math.max(position, end), endBytes: 0, nextSequence };
  const [first] = segments;
  const last = segments.at(-1);
  const missing = (first?.base ?? log.end) - position;
  if (remembered !== undefined && missing > 0) damage.reportMissing(missing);
  if (last === undefined) return log;
  log.endBytes = last.baseBytes + (await measure(files, last, damage));
  // What was there once and is cut off is looked for, and missed, where it would be read.
  if (end > last.base + last.count) last.count = end - last.base;
  log.end = Math.max(position, last.base + last.count);
  return log;
}

/** Marks a segment whose header cannot be read, until its neighbors have told what it said. */
const UNKNOWN = -1;

async function readHeader(
  files: OutboxFiles,
  name: string,
  named: { readonly sequence: number; readonly base: number },
): Promise<Segment> {
  const file = await files.open(name);
  try {
    const bytes = Buffer.alloc(HEADER_BYTES);
    await readBlocks(file, bytes, 0);
    const header = decodeHeader(bytes);
    if (header !== undefined && header.version > FORMAT_VERSION) {
      const message = `The outbox was written by a later version (format ${header.version}, known is ${FORMAT_VERSION}): install that version again, or choose another folder.`;
      throw new Pm500Error('OUTBOX_UNAVAILABLE', message);
    }
    const { sequence, base } = header ?? named;
    const { baseBytes, firstAcceptedAt } = header ?? { baseBytes: UNKNOWN, firstAcceptedAt: Infinity };
    return { name, sequence, base, baseBytes, firstAcceptedAt, count: 0, size: await file.size(), isComplete: true };
  } finally {
    await file.close();
  }
}

/** The records of a segment end where the next one begins. A damaged header costs no record. */
async function mendHeaders(files: OutboxFiles, segments: Segment[]): Promise<void> {
  for (const [at, segment] of segments.entries()) {
    const next = segments[at + 1];
    if (next !== undefined) segment.count = next.base - segment.base;
    if (segment.baseBytes !== UNKNOWN) continue;
    // Where a later header tells, the reader finds the difference there.
    const later = segments.slice(at).find(({ baseBytes }) => baseBytes !== UNKNOWN);
    const previous = segments[at - 1];
    const ofPrevious = previous === undefined || later !== undefined ? 0 : await measure(files, { ...previous });
    segments[at] = { ...segment, baseBytes: later?.baseBytes ?? (previous?.baseBytes ?? 0) + ofPrevious };
  }
}

/**
 * Counts the records of a segment; returns their payload bytes.
 * @param damage absent where the segment is read again later
 */
async function measure(files: OutboxFiles, segment: Segment, damage?: DamageReporter): Promise<number> {
  const file = await files.open(segment.name);
  let bytes: Buffer;
  try {
    // What a process that was killed had written but not synced is counted from here on, so it must not vanish later.
    await file.sync();
    bytes = Buffer.alloc(segment.size);
    bytes = bytes.subarray(0, await readBlocks(file, bytes, 0));
  } finally {
    await file.close();
  }
  let payloadBytes = 0;
  let at = HEADER_BYTES;
  for (let from = 0; ;) {
    const frame = nextFrame(bytes, at, segment.sequence, from, Infinity);
    if (frame === undefined) break;
    payloadBytes += frame.payloadBytes;
    from = frame.index + 1;
    at = frame.end;
    if (damage !== undefined) segment.count = from;
  }
  if (damage === undefined) return payloadBytes;
  segment.size = Math.min(at, bytes.length);
  const rest = bytes.subarray(segment.size);
  // Bytes that only look like the beginning of a frame are a write that was cut short, which nobody was told is safe.
  if (rest.length > 0 && !isUnfinished(rest, segment.sequence)) {
    await damage.report({
      segmentName: segment.name,
      offset: segment.size,
      bytes: rest,
      lost: segment.count === 0 ? 0 : 1,
    });
  }
  return payloadBytes;
}

/** The first whole frame at `at` or behind whose index lies from `from` to before `to`. */
export function nextFrame(bytes: Buffer, at: number, sequence: number, from: number, to: number): Frame | undefined {
  for (let place = at; place !== -1; place = findMarker(bytes, place + 1)) {
    const frame = parseFrame(bytes, place, bytes.length, bytes.length, sequence);
    if (typeof frame !== 'string' && frame.index >= from && frame.index < to) return frame;
  }
  return undefined;
}

function isUnfinished(rest: Buffer, sequence: number): boolean {
  if (rest.every((byte) => byte === 0)) return true;
  return parseFrame(rest, 0, rest.length, Number.MAX_SAFE_INTEGER, sequence) === 'short';
}
