import type { OutboxRecord } from './outbox';

/** A record that has been read, or a stretch of records that are lost. */
export interface AheadItem {
  readonly position: number;
  /** Absent where records are lost. */
  readonly record?: OutboxRecord;
  /** Payload bytes it stands for; of lost records what their segment says they had. */
  readonly payloadBytes: number;
  /** Records it stands for. */
  readonly count: number;
}

/** Taken items at the front are given back to the memory once there are this many of them. */
const COMPACT_AFTER = 4096;

/** What has been read and still waits, in order. */
export class ReadAhead {
  private items: AheadItem[] = [];
  private front = 0;
  /** Payload bytes of the items. */
  bytes = 0;
  /** Records among them that are lost. */
  lost = 0;

  get length(): number {
    return this.items.length - this.front;
  }

  at(index: number): AheadItem | undefined {
    return this.items[this.front + index];
  }

  push(item: AheadItem): void {
    this.items.push(item);
    this.bytes += item.payloadBytes;
    if (item.record === undefined) this.lost += item.count;
  }

  shift(): AheadItem | undefined {
    const item = this.items[this.front];
    if (item === undefined) return undefined;
    this.front += 1;
    this.bytes -= item.payloadBytes;
    if (item.record === undefined) this.lost -= item.count;
    if (this.front >= COMPACT_AFTER && this.front * 2 >= this.items.length) {
      this.items = this.items.slice(this.front);
      this.front = 0;
    }
    return item;
  }

  clear(): void {
    this.items = [];
    this.front = 0;
    this.bytes = 0;
    this.lost = 0;
  }
}
