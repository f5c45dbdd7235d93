import { toPm500Error } from '../support/errors';
import type { Ages } from './ages';
import type { Logger } from '../support/logger';
import type { DamageReporter } from './damage';
import { frameBytes, type SizedRecord } from './disk-format';
import type { OutboxFiles } from './files';
import type { OutboxBatch, OutboxLimits, OutboxRecord, PeekLimits } from './outbox';
import { ReadAhead, type AheadItem } from './read-ahead';
import { SegmentReader } from './segment-reader';
import type { Segment, SegmentLog } from './segments';
import { StoredRecord } from './stored-record';
import type { Added } from './tail';

/** Records that were just written are kept for the reader up to this many payload bytes; beyond, it reads them. */
const KEEP_BYTES = 4 * 1024 * 1024;

/** Takes records at the front of the log. Never to be called again before the last call is over. */
export class Head {
  dropped = 0;
  droppedForAge = 0;
  private readonly ahead = new ReadAhead();
  private reader: SegmentReader | undefined;
  /** Segments that lie behind, until the position is remembered that says so. */
  private readonly passed: Segment[] = [];
  /** Payload bytes of all records of the outbox before `position`. */
  private bytesBefore: number;

  constructor(
    private readonly files: OutboxFiles,
    private readonly log: SegmentLog,
    private readonly damage: DamageReporter,
    /** Of the oldest record that waits. */
    public position: number,
    private readonly logger: Logger,
    private readonly ages: Ages,
  ) {
    this.bytesBefore = log.endBytes;
    const [first] = log.segments;
    if (first !== undefined) this.position = Math.max(position, first.base);
  }

  get depth(): number {
    return this.log.end - this.position - this.ahead.lost;
  }

  get bytes(): number {
    return this.depth === 0 ? 0 : Math.max(this.log.endBytes - this.bytesBefore, 0);
  }

  get oldest(): OutboxRecord | undefined {
    return this.ahead.at(0)?.record;
  }

  /** Removes what was acknowledged before, and finds the first record that waits. */
  async start(): Promise<void> {
    const holder = this.log.segments.find(({ base, count }) => base + count > this.position);
    this.bytesBefore = holder?.baseBytes ?? this.log.endBytes;
    if (holder === undefined) this.position = this.log.end;
    await this.tidy();
  }

  /** Takes over records that were just written, when the reader has come so far; they need not be read again. */
  async offer(added: Added, records: readonly SizedRecord[]): Promise<void> {
    const reached = this.reader?.position ?? this.position;
    if (reached === added.from && this.ahead.bytes < KEEP_BYTES) {
      if (this.reader?.segment !== added.segment) await this.enter(added.segment);
      this.reader?.skip(added);
      this.keep(added, records);
    }
    await this.tidy();
  }

  async peek({ maximumRecords, maximumBytes }: PeekLimits): Promise<OutboxBatch> {
    while (await this.readOn({ maximumRecords, maximumBytes }));
    const records: OutboxRecord[] = [];
    let bytes = 0;
    for (let index = 0; records.length < maximumRecords; index += 1) {
      const item = this.ahead.at(index);
      // A batch ends where records are lost: its positions follow each other.
      if (item === undefined || (item.record === undefined && item.count > 0)) break;
      if (item.record === undefined) continue;
      bytes += item.payloadBytes;
      if (records.length > 0 && bytes > maximumBytes) break;
      records.push(item.record);
    }
    return { records, from: this.position, to: this.position + records.length };
  }

  /** Takes all records before `to`. */
  async take(to: number): Promise<void> {
    while (this.position < to) {
      if (this.ahead.length === 0) await this.fill();
      if (!this.passOldest()) break;
    }
    await this.tidy();
  }

  /** Drops the oldest records until the limits are kept. */
  async enforce({ maximumBytes, maximumAgeMs = Infinity }: OutboxLimits): Promise<void> {
    const isOld = (acceptedAt: number, position: number): boolean =>
      maximumAgeMs !== Infinity && this.ages.ageOf(acceptedAt, position) > maximumAgeMs;
    const isTooMuch = (): boolean => {
      const { oldest } = this;
      return oldest !== undefined && (this.bytes > maximumBytes || isOld(oldest.acceptedAt, this.position));
    };
    if (!isTooMuch()) return;
    for (let next = this.log.segments[1]; next !== undefined; next = this.log.segments[1]) {
      // Whole segments need not be read to be dropped.
      const isAllOld = [this.log.segments[0], next].every(
        (segment) => segment === undefined || isOld(segment.firstAcceptedAt, segment.base),
      );
      if (!isAllOld && this.log.endBytes - next.baseBytes <= maximumBytes) break;
      await this.dropSegment(next, isAllOld);
    }
    while (isTooMuch()) {
      const { oldest } = this;
      if (oldest !== undefined && isOld(oldest.acceptedAt, this.position)) this.droppedForAge += 1;
      // The oldest is at hand.
      this.passOldest();
      this.dropped += 1;
      await this.tidy();
    }
  }

  /** True while there are files that nobody needs once the position is remembered. */
  get hasPassed(): boolean {
    return this.passed.length > 0;
  }

  /** The files that lie behind the position: to be removed when that position is remembered, or returned. */
  takePassed(): readonly Segment[] {
    return this.passed.splice(0);
  }

  returnPassed(segments: readonly Segment[]): void {
    this.passed.unshift(...segments);
  }

  /** What cannot be removed now is found behind the position, and removed, when the outbox is opened again. */
  async remove(segments: readonly Segment[]): Promise<void> {
    for (const { name } of segments)
      try {
        await this.files.remove(name);
      } catch (thrown) {
        this.logger.warn(`Outbox: ${name} is delivered but cannot be removed: ${toPm500Error(thrown).message}.`);
      }
  }

  /** Removes the files of an outbox in which nothing waits. */
  async removeAll(): Promise<void> {
    await this.remove([...this.takePassed(), ...this.log.segments.splice(0)]);
  }

  async close(): Promise<void> {
    await this.reader?.close();
    this.reader = undefined;
  }

  /** Reads a piece more where less than these limits has been read; false when there is no need to. */
  async readOn({ maximumRecords, maximumBytes }: PeekLimits): Promise<boolean> {
    const isEnough = this.ahead.length >= maximumRecords || this.ahead.bytes >= maximumBytes;
    return !isEnough && (await this.fill());
  }

  /** Keeps what was written and not the texts that it was made of: these may go. */
  private keep({ from, frames }: Added, records: readonly SizedRecord[]): void {
    let end = 0;
    records.forEach((sized, at) => {
      const { payloadBytes } = sized;
      const { acceptedAt, origin } = sized.record;
      end += frameBytes(sized);
      const record = new StoredRecord(frames, end - payloadBytes, end, acceptedAt, origin);
      this.ahead.push({ position: from + at, record, payloadBytes, count: 1 });
    });
  }

  private passOldest(): boolean {
    const item = this.ahead.shift();
    if (item === undefined) return false;
    this.pass(item);
    this.skipLost();
    return true;
  }

  private pass({ position, count, payloadBytes }: AheadItem): void {
    this.position = position + count;
    this.bytesBefore += payloadBytes;
  }

  private skipLost(): void {
    for (let item = this.ahead.at(0); item !== undefined && item.record === undefined; item = this.ahead.at(0)) {
      this.ahead.shift();
      this.pass(item);
    }
  }

  private async dropSegment(next: Segment, isForAge: boolean): Promise<void> {
    const drop = (count: number): void => {
      this.dropped += count;
      // Both at once: somebody may look while files are read.
      if (isForAge) this.droppedForAge += count;
    };
    for (let item = this.ahead.at(0); item !== undefined && item.position < next.base; item = this.ahead.at(0)) {
      this.ahead.shift();
      this.pass(item);
      if (item.record !== undefined) drop(1);
    }
    if (this.position < next.base) {
      drop(next.base - this.position);
      this.position = next.base;
      this.bytesBefore = next.baseBytes;
      await this.enter(next);
    }
    await this.tidy();
  }

  /** Has the oldest record at hand, and removes the segments that lie behind. */
  private async tidy(): Promise<void> {
    this.skipLost();
    while (this.ahead.length === 0 && (await this.fill())) this.skipLost();
    const { segments } = this.log;
    for (let next = segments[1]; next !== undefined && next.base <= this.position; next = segments[1]) {
      const [passed] = segments;
      if (passed === undefined) return;
      if (this.reader?.segment === passed) await this.enter(next);
      segments.shift();
      this.passed.push(passed);
    }
    this.skipLost();
    const [last] = segments;
    if (last?.isComplete === true && last.base + last.count <= this.position) {
      if (this.reader?.segment === last) await this.reader.close();
      segments.shift();
      this.passed.push(last);
    }
    if (this.depth === 0) this.bytesBefore = this.log.endBytes;
  }

  /** Reads on; false when all has been read. */
  private async fill(): Promise<boolean> {
    const { segments } = this.log;
    if (this.reader === undefined || this.reader.isAtEnd) {
      const reached = this.reader?.position ?? this.position;
      const following = segments.find(({ base, count }) => base + count > reached);
      if (following === undefined) return false;
      await this.enter(following);
    }
    this.bytesBefore += (await this.reader?.read(this.ahead, this.position)) ?? 0;
    return true;
  }

  private async enter(segment: Segment): Promise<void> {
    const isOnward = this.reader !== undefined;
    await this.reader?.close();
    this.reader = new SegmentReader(this.files, segment, this.damage);
    // How many bytes damage has taken from the segments before is known only here.
    const missing = segment.baseBytes - this.bytesBefore - this.ahead.bytes;
    if (isOnward && missing !== 0) this.ahead.push({ position: segment.base, payloadBytes: missing, count: 0 });
  }
}
