import type { HistoryRecord } from './history-record';
import { type PackedRecord, RecordPacker, unpackRecord } from './packed-record';

interface Entry {
  /** Monotonic milliseconds. */
  readonly at: number;
  /** Of the message, in the order of publishing. */
  readonly number: number;
  readonly record: PackedRecord;
}

/** So many values are remembered at most; beyond that the oldest go, whatever their age. */
const MOST_VALUES = 500_000;
const NOTHING: readonly HistoryRecord[] = [];

/**
 * What was published within the keep-alive blind window: a link, or the primary host, may be dead for that long before
 * anybody notices, and what was sent meanwhile has reached nobody.
 */
export class SentWindow {
  readonly #windowMs: number;
  readonly #mostValues: number;
  readonly #packer = new RecordPacker();
  #entries: Entry[] = [];
  #head = 0;
  #values = 0;

  /** @param windowMs longest time from a loss to its being noticed */
  constructor(windowMs: number, mostValues = MOST_VALUES) {
    this.#windowMs = windowMs;
    this.#mostValues = mostValues;
  }

  /**
   * @param number of the message with these values
   * @param confirmed the broker has read messages with this number and below
   * @returns what had to go to make room although the broker has not read it
   */
  add(record: HistoryRecord, at: number, number: number, confirmed: number): readonly HistoryRecord[] {
    this.#entries.push({ at, number, record: this.#packer.pack(record) });
    this.#values += record.samples.length;
    return this.#prune(at, confirmed);
  }

  /** Gives out and forgets what was published within the window before `at` or has not been confirmed, oldest first. */
  take(at: number, confirmed: number): readonly HistoryRecord[] {
    const evicted = this.#prune(at, confirmed);
    const records = this.#entries.slice(this.#head).map(({ record }) => unpackRecord(record));
    this.clear();
    return [...evicted, ...records];
  }

  /** Everything has arrived. */
  clear(): void {
    this.#entries = [];
    this.#head = 0;
    this.#values = 0;
    this.#packer.clear();
  }

  #prune(at: number, confirmed: number): readonly HistoryRecord[] {
    let evicted: HistoryRecord[] | undefined;
    for (;;) {
      const oldest = this.#entries[this.#head];
      if (oldest === undefined) break;
      const isConfirmed = oldest.number <= confirmed;
      const isOver = this.#values > this.#mostValues;
      if (!isOver && !(isConfirmed && at - oldest.at > this.#windowMs)) break;
      if (!isConfirmed) (evicted ??= []).push(unpackRecord(oldest.record));
      this.#values -= oldest.record.values.length;
      this.#head++;
    }
    if (this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return evicted ?? NOTHING;
  }
}
