import {
  encodeEntry,
  encodeHeader,
  FORMAT_VERSION,
  frameBytes,
  HEADER_BYTES,
  segmentName,
  type SizedRecord,
} from './disk-format';
import type { OutboxFile, OutboxFiles } from './files';
import type { Segment, SegmentLog } from './segments';

export interface TailSettings {
  /** A segment that has grown to this many bytes is followed by another one. */
  readonly segmentBytes: number;
  /** False where a power loss may take records that were acknowledged to the sender. */
  readonly isSynced: boolean;
}

/** What one write has added, and where a reader that knows these records goes on. */
export interface Added {
  readonly from: number;
  readonly to: number;
  readonly segment: Segment;
  /** Records and bytes of the segment with this write. */
  readonly index: number;
  readonly offset: number;
  /** The frames as they were written; nobody changes them any more. */
  readonly frames: Buffer;
}

/**
 * Writes at the end. A segment that somebody else wrote before is never continued, so whatever a crash has left behind
 * its last record is never followed by a record. Not to be called again before the last call is over.
 */
export class Tail {
  private file: OutboxFile | undefined;
  private segment: Segment | undefined;
  private mustBeginAnew = false;

  constructor(
    private readonly files: OutboxFiles,
    private readonly log: SegmentLog,
    private readonly settings: TailSettings,
    /** Called when file or folder are not where they were, before writing begins anew. */
    private readonly onGone: () => Promise<void> = () => Promise.resolve(),
  ) {}

  /** All records, or none and an error. */
  async write(records: readonly SizedRecord[]): Promise<Added> {
    if (this.segment !== undefined && this.segment.size >= this.settings.segmentBytes) await this.leaveSegment();
    if (this.file === undefined || this.segment === undefined) return this.begin(records);
    const { file, segment } = this;
    const bytes = this.encode(records, 0, segment.sequence, segment.count);
    try {
      await file.write(bytes, segment.size);
    } catch (thrown) {
      await this.takeBack(file, segment);
      // Its delivered records may be what fills the disk: it must be able to go, and with it they.
      if (isOutOfRoom(thrown)) await this.leaveSegment();
      throw thrown;
    }
    try {
      if (this.settings.isSynced) await file.sync();
    } catch (thrown) {
      // After a sync has failed nobody knows what the disk has: another file is safer.
      await this.takeBack(file, segment);
      await this.leaveSegment();
      throw thrown;
    }
    if (await file.isInPlace()) return this.add(segment, records, bytes);
    // What was written can never be found again by its name, and nothing of it was promised yet.
    await this.beginAnew();
    return this.begin(records);
  }

  /** False when what was written has another name now, or none. */
  async isInPlace(): Promise<boolean> {
    return this.file === undefined || (await this.file.isInPlace());
  }

  /** Leaves file and folder that are not where they were. Until this has succeeded nothing is written. */
  async beginAnew(): Promise<void> {
    this.mustBeginAnew = true;
    await this.leaveSegment();
    await this.onGone();
    this.mustBeginAnew = false;
  }

  async close(): Promise<void> {
    await this.leaveSegment();
  }

  private async begin(records: readonly SizedRecord[]): Promise<Added> {
    if (this.mustBeginAnew) await this.beginAnew();
    const { end: base, endBytes: baseBytes } = this.log;
    const sequence = this.log.nextSequence++;
    const name = segmentName({ sequence, base });
    const firstAcceptedAt = records[0]?.record.acceptedAt ?? 0;
    const file = await this.create(name);
    const bytes = this.encode(records, HEADER_BYTES, sequence, 0);
    encodeHeader({ version: FORMAT_VERSION, sequence, base, baseBytes, firstAcceptedAt }).copy(bytes);
    try {
      await file.write(bytes, 0);
      if (this.settings.isSynced) {
        await file.sync();
        await this.files.syncNames();
      }
    } catch (thrown) {
      await ignoreFailure(file.truncate(0));
      await ignoreFailure(file.close());
      await ignoreFailure(this.files.remove(name));
      throw thrown;
    }
    const segment: Segment = { name, sequence, base, baseBytes, firstAcceptedAt, count: 0, size: 0, isComplete: false };
    this.file = file;
    this.segment = segment;
    this.log.segments.push(segment);
    const added = this.add(segment, records, bytes);
    return { ...added, frames: bytes.subarray(HEADER_BYTES) };
  }

  private async create(name: string): Promise<OutboxFile> {
    try {
      return await this.files.create(name);
    } catch (thrown) {
      if (!isMissing(thrown)) throw thrown;
      // The folder was there when the outbox was opened.
      await this.beginAnew();
      return this.files.create(name);
    }
  }

  private add(segment: Segment, records: readonly SizedRecord[], frames: Buffer): Added {
    const from = this.log.end;
    segment.count += records.length;
    segment.size += frames.length;
    this.log.end += records.length;
    for (const { payloadBytes } of records) this.log.endBytes += payloadBytes;
    return { from, to: this.log.end, segment, index: segment.count, offset: segment.size, frames };
  }

  private encode(records: readonly SizedRecord[], from: number, sequence: number, firstIndex: number): Buffer {
    const length = records.reduce((sum, record) => sum + frameBytes(record), from);
    const target = Buffer.allocUnsafe(length);
    let at = from;
    records.forEach((record, offset) => {
      at = encodeEntry(target, at, record, sequence, firstIndex + offset);
    });
    return target;
  }

  /** Removes what a failed write has left; where that fails too, nothing more is written to the file. */
  private async takeBack(file: OutboxFile, segment: Segment): Promise<void> {
    try {
      await file.truncate(segment.size);
    } catch {
      await this.leaveSegment();
    }
  }

  private async leaveSegment(): Promise<void> {
    const { file, segment } = this;
    this.file = undefined;
    this.segment = undefined;
    if (segment !== undefined) segment.isComplete = true;
    if (file !== undefined) await ignoreFailure(file.close());
  }
}

function isOutOfRoom(thrown: unknown): boolean {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
}

async function ignoreFailure(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch {
    // The error that led here is the one to tell.
  }
}
