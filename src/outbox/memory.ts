import type { Clock } from '../support/clock';
import { Pm500Error } from '../support/errors';
import { Ages } from './ages';
import type { Outbox, OutboxBatch, OutboxLimits, OutboxRange, OutboxRecord, OutboxStats, PeekLimits } from './outbox';

/** Settled entries at the front are given back to the memory once there are this many of them. */
const COMPACT_AFTER = 4096;

interface Entry {
  readonly record: OutboxRecord;
  readonly bytes: number;
}

/** An outbox in memory: bounded, ordered, and gone with the process. */
export class MemoryOutbox implements Outbox {
  private entries: Entry[] = [];
  /** Index in `entries` of the oldest record that waits. */
  private head = 0;
  /** Position of the record at `head`. */
  private position = 0;
  private bytes = 0;
  private dropped = 0;
  private droppedForAge = 0;
  private closed = false;
  private limits: OutboxLimits;
  private readonly listeners = new Set<() => void>();
  private readonly ages: Ages;

  constructor(limits: OutboxLimits, clock: Clock) {
    this.ages = new Ages(clock);
    this.limits = limits;
  }

  append(records: readonly OutboxRecord[]): Promise<OutboxRange> {
    if (this.closed) return Promise.reject(closedError());
    const from = this.end;
    this.ages.look(from);
    for (const record of records) {
      const bytes = Buffer.byteLength(record.payload);
      this.entries.push({ record, bytes });
      this.bytes += bytes;
    }
    this.enforceLimits();
    for (const listener of [...this.listeners]) listener();
    return Promise.resolve({ from, to: from + records.length });
  }

  peek({ maximumRecords, maximumBytes }: PeekLimits): Promise<OutboxBatch> {
    if (this.closed) return Promise.reject(closedError());
    this.enforceLimits();
    const records: OutboxRecord[] = [];
    let bytes = 0;
    for (let index = this.head; records.length < maximumRecords; index += 1) {
      const entry = this.entries[index];
      if (entry === undefined || (records.length > 0 && bytes + entry.bytes > maximumBytes)) break;
      records.push(entry.record);
      bytes += entry.bytes;
    }
    return Promise.resolve({ records, from: this.position, to: this.position + records.length });
  }

  acknowledge({ from, to }: OutboxRange): Promise<void> {
    if (this.closed) return Promise.reject(closedError());
    if (from > this.position) {
      const message = `The outbox cannot acknowledge record ${from} while record ${this.position} waits: acknowledge in order.`;
      return Promise.reject(new Pm500Error('INTERNAL', message));
    }
    while (this.position < to && this.removeOldest());
    return Promise.resolve();
  }

  stats(): OutboxStats {
    const oldest = this.entries[this.head];
    return {
      depth: this.entries.length - this.head,
      bytes: this.bytes,
      ...this.describeOldest(oldest),
      dropped: this.dropped,
      droppedForAge: this.droppedForAge,
      damaged: 0,
      position: this.position,
      durable: false,
    };
  }

  onAppend(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  /** Memory has none. */
  onProblem(): () => void {
    return () => undefined;
  }

  setLimits(limits: OutboxLimits): void {
    this.limits = limits;
    this.enforceLimits();
  }

  close(): Promise<void> {
    this.closed = true;
    this.listeners.clear();
    this.position += this.entries.length - this.head;
    this.entries = [];
    this.head = 0;
    this.bytes = 0;
    return Promise.resolve();
  }

  private describeOldest(oldest: Entry | undefined): Pick<OutboxStats, 'oldestAcceptedAt' | 'oldestAgeMs'> {
    if (oldest === undefined) return {};
    const { acceptedAt } = oldest.record;
    return { oldestAcceptedAt: acceptedAt, oldestAgeMs: this.ages.ageOf(acceptedAt, this.position) };
  }

  private get end(): number {
    return this.position + this.entries.length - this.head;
  }

  private enforceLimits(): void {
    const { maximumBytes, maximumAgeMs = Infinity } = this.limits;
    this.ages.look(this.end);
    this.ages.forget(this.position);
    for (;;) {
      const oldest = this.entries[this.head];
      if (oldest === undefined) return;
      const isOld = this.ages.ageOf(oldest.record.acceptedAt, this.position) > maximumAgeMs;
      if (this.bytes <= maximumBytes && !isOld) return;
      this.removeOldest();
      this.dropped += 1;
      if (isOld) this.droppedForAge += 1;
    }
  }

  private removeOldest(): boolean {
    const oldest = this.entries[this.head];
    if (oldest === undefined) return false;
    this.bytes -= oldest.bytes;
    this.head += 1;
    this.position += 1;
    if (this.head >= COMPACT_AFTER && this.head * 2 >= this.entries.length) {
      this.entries = this.entries.slice(this.head);
      this.head = 0;
    }
    return true;
  }
}

function closedError(): Pm500Error {
  return new Pm500Error('OUTBOX_CLOSED', 'The outbox is closed: deploy the flow again to open it.');
}
