import type { OutboxRecord } from '../outbox/outbox';
import type { BatchLimits } from './batch';

/** What waits in the lane beyond this goes in its turn, bytes. */
const MOST_BYTES = 4_000_000;

interface Fresh {
  readonly record: OutboxRecord;
  readonly position: number;
  readonly bytes: number;
}

/**
 * Records that come in while old ones wait, for a destination that shall have them first. The outbox has them too: what
 * does not get over this way goes in its turn, and after a crash what did get over is sent again.
 */
export class FreshLane {
  private waiting: Fresh[] = [];
  private bytes = 0;
  /** Stretches that were written out of turn. */
  private written: { from: number; to: number }[] = [];

  /** Takes records over; beyond what fits, the oldest of the lane are left to their turn. */
  add(records: readonly OutboxRecord[], from: number): void {
    records.forEach((record, at) => {
      const bytes = Buffer.byteLength(record.payload);
      this.waiting.push({ record, position: from + at, bytes });
      this.bytes += bytes;
    });
    const excess = this.waiting.findIndex((fresh) => {
      if (this.bytes <= MOST_BYTES) return true;
      this.bytes -= fresh.bytes;
      return false;
    });
    if (excess !== 0) this.waiting = excess === -1 ? [] : this.waiting.slice(excess);
  }

  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  /** The next records to send, within the limits of a batch. */
  take({ records, bytes }: BatchLimits): readonly { readonly record: OutboxRecord; readonly position: number }[] {
    let size = 0;
    const end = this.waiting.findIndex((fresh, at) => {
      size += fresh.bytes;
      return at >= records || (at > 0 && size > bytes);
    });
    const taken = this.waiting.splice(0, end === -1 ? this.waiting.length : end);
    for (const fresh of taken) this.bytes -= fresh.bytes;
    return taken;
  }

  /** The other side does not take them now: all of the lane goes in its turn. */
  clear(): void {
    this.waiting = [];
    this.bytes = 0;
  }

  noteWritten(position: number): void {
    const last = this.written.at(-1);
    if (last?.to === position) last.to += 1;
    else this.written.push({ from: position, to: position + 1 });
  }

  isWritten(position: number): boolean {
    return this.written.some(({ from, to }) => from <= position && position < to);
  }

  /** Places of records of a batch that were written out of turn. */
  writtenIn(from: number, to: number): readonly number[] {
    const places: number[] = [];
    if (this.written.length === 0) return places;
    for (const stretch of this.written) {
      for (let at = Math.max(stretch.from, from); at < Math.min(stretch.to, to); at += 1) places.push(at - from);
    }
    return places.sort((left, right) => left - right);
  }

  /** What left the outbox is nobody's business any more. */
  forget(position: number): void {
    if ((this.written[0]?.to ?? Infinity) > position && (this.waiting[0]?.position ?? Infinity) >= position) return;
    this.written = this.written.filter(({ to }) => to > position);
    const kept = this.waiting.filter((fresh) => fresh.position >= position);
    this.bytes = kept.reduce((sum, { bytes }) => sum + bytes, 0);
    this.waiting = kept;
  }
}
