import type { HistoryRecord } from './history-record';
import { bytesOf, type PackedRecord, RecordPacker, unpackRecord } from './packed-record';

interface Entry {
  /** Monotonic milliseconds. */
  readonly at: number;
  /** Of the message, in the order of publishing. */
  readonly number: number;
  readonly record: PackedRecord;
  /** About what it takes in memory. */
  readonly bytes: number;
}

/** So much is remembered at most; beyond that the oldest go, whatever their age. */
const MOST_BYTES = 24_000_000;
/** Values that all have to be unpacked at once after a loss take ten times the memory. */
const MOST_VALUES = 600_000;
const NOTHING: readonly HistoryRecord[] = [];

/**
 * What was published within the keep-alive blind window: a link, or the primary host, may be dead for that long before
 * anybody notices, and what was sent meanwhile has reached nobody.
 */
export class SentWindow {
  private readonly windowMs: number;
  private readonly mostBytes: number;
  private readonly packer = new RecordPacker();
  private entries: (Entry | undefined)[] = [];
  private head = 0;
  private heldBytes = 0;
  private heldValues = 0;

  /**
   * @param windowMs longest time from a loss to its being noticed
   * @param mostBytes by the measure of `bytesOf`
   */
  constructor(windowMs: number, mostBytes = MOST_BYTES) {
    this.windowMs = windowMs;
    this.mostBytes = mostBytes;
  }

  /**
   * @param number of the message with these values
   * @param confirmed the broker has read messages with this number and below
   * @returns what had to go to make room although the broker has not read it
   */
  add(record: HistoryRecord, at: number, number: number, confirmed: number): readonly HistoryRecord[] {
    const packed = this.packer.pack(record);
    const bytes = bytesOf(packed);
    this.entries.push({ at, number, record: packed, bytes });
    this.heldBytes += bytes;
    this.heldValues += packed.shape.length;
    return this.prune(at, confirmed);
  }

  /**
   * Gives out and forgets what was published shortly before `at` or has not been confirmed, oldest first.
   * @param windowMs how short, where the loss was noticed sooner than it can be at the latest
   */
  take(at: number, confirmed: number, windowMs = this.windowMs): readonly HistoryRecord[] {
    const evicted = this.prune(at, confirmed);
    const records = this.entries.flatMap((entry) =>
      entry === undefined || (entry.number <= confirmed && at - entry.at > windowMs)
        ? []
        : [unpackRecord(entry.record)],
    );
    this.clear();
    return [...evicted, ...records];
  }

  /** Everything has arrived. */
  clear(): void {
    this.entries = [];
    this.head = 0;
    this.heldBytes = 0;
    this.heldValues = 0;
    this.packer.clear();
  }

  private prune(at: number, confirmed: number): readonly HistoryRecord[] {
    let evicted: HistoryRecord[] | undefined;
    for (;;) {
      const oldest = this.entries[this.head];
      if (oldest === undefined) break;
      const isConfirmed = oldest.number <= confirmed;
      const isOver = this.heldBytes > this.mostBytes || this.heldValues > MOST_VALUES;
      if (!isOver && !(isConfirmed && at - oldest.at > this.windowMs)) break;
      if (!isConfirmed) (evicted ??= []).push(unpackRecord(oldest.record));
      this.packer.release(oldest.record);
      this.heldBytes -= oldest.bytes;
      this.heldValues -= oldest.record.shape.length;
      // What was let go must not stay in memory until the list is made shorter.
      this.entries[this.head++] = undefined;
    }
    if (this.head * 2 > this.entries.length) {
      this.entries = this.entries.slice(this.head);
      this.head = 0;
    }
    return evicted ?? NOTHING;
  }
}
