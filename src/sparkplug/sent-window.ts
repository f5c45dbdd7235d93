import type { HistoryRecord } from './history-record';

interface Entry {
  /** Monotonic milliseconds. */
  readonly at: number;
  readonly record: HistoryRecord;
}

/** So many values are remembered at most; beyond that the oldest are forgotten, whatever their age. */
const MOST_VALUES = 500_000;

/**
 * What was published within the keep-alive blind window: a link, or the primary host, may be dead for that long before
 * anybody notices, and what was sent meanwhile has reached nobody.
 */
export class SentWindow {
  readonly #windowMs: number;
  #entries: Entry[] = [];
  #head = 0;
  #values = 0;

  /** @param windowMs longest time from a loss to its being noticed */
  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  add(record: HistoryRecord, at: number): void {
    this.#entries.push({ at, record });
    this.#values += record.samples.length;
    this.#prune(at);
  }

  /** Gives out and forgets what was published within the window before `at`, oldest first. */
  take(at: number): readonly HistoryRecord[] {
    this.#prune(at);
    const records = this.#entries.slice(this.#head).map(({ record }) => record);
    this.clear();
    return records;
  }

  /** Everything has arrived. */
  clear(): void {
    this.#entries = [];
    this.#head = 0;
    this.#values = 0;
  }

  #prune(at: number): void {
    for (;;) {
      const oldest = this.#entries[this.#head];
      if (oldest === undefined || (at - oldest.at <= this.#windowMs && this.#values <= MOST_VALUES)) break;
      this.#values -= oldest.record.samples.length;
      this.#head++;
    }
    if (this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
  }
}
