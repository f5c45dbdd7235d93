import type { OutboxBatch, OutboxRange, OutboxRecord } from '../outbox/outbox';
import { payloadBytes } from '../outbox/stored-record';
import type { Pm500Error } from '../support/errors';

/** Records of a consignment that are tried together. */
export interface Group {
  /** Places in the consignment, ascending; absent for all of them. */
  readonly places?: readonly number[];
  readonly records: readonly OutboxRecord[];
  /** True where something points at each of them: if all of them are refused, that needs no second look. */
  readonly isSuspected?: boolean;
}

export interface RefusedRecord {
  readonly record: OutboxRecord;
  readonly position: number;
  readonly reason: Pm500Error;
}

/** A leading stretch of a consignment whose fate is decided. */
export interface Stretch extends OutboxRange {
  /** Consecutive records that were written. */
  readonly written: readonly OutboxRange[];
  readonly refused: readonly RefusedRecord[];
}

type Fate = 'open' | 'written' | Pm500Error;

/** What became of the records of one batch, until all of them may leave the outbox. */
export class Consignment {
  private readonly fates: Fate[] = [];
  /** Where the stretch begins that was not handed out yet. */
  private front = 0;
  private readonly groups: Group[] = [];

  /**
   * @param suspects places of records to be tried apart, ascending
   * @param done places of records that were written out of turn
   */
  constructor(
    readonly batch: OutboxBatch,
    suspects: readonly number[],
    done: readonly number[] = [],
  ) {
    if (done.length > 0) {
      const [open, written] = this.divide({ records: batch.records }, done);
      this.settle(written, 'written');
      this.push(open);
      return;
    }
    if (suspects.length === 0 || suspects.length >= batch.records.length) {
      this.groups.push({ records: batch.records, isSuspected: suspects.length > 0 });
    } else this.push(...this.divide({ records: batch.records }, suspects));
  }

  /** The next records to try; undefined when all are decided. */
  next(): Group | undefined {
    return this.groups.pop();
  }

  /** Tries groups before all others, the first one first. */
  push(...groups: readonly Group[]): void {
    for (const group of groups.toReversed()) if (group.records.length > 0) this.groups.push(group);
  }

  settle(group: Group, fate: Exclude<Fate, 'open'>): void {
    for (const place of placesOf(group)) this.fates[place] = fate;
  }

  /** A record of this consignment was written alone. False where it is none of these. */
  noteWritten(record: OutboxRecord): boolean {
    const place = this.batch.records.indexOf(record);
    if (place !== -1) this.fates[place] = 'written';
    return place !== -1;
  }

  /** Records that are not written yet, from `position` on. */
  open(position: number): OutboxRecord[] {
    const first = position - this.batch.from;
    return this.batch.records.filter((_, place) => place >= first && this.fates[place] !== 'written');
  }

  /** The records of a group that are not at `suspects` (places in the group), then those that are. */
  divide(group: Group, suspects: readonly number[]): readonly [others: Group, suspected: Group] {
    const chosen = new Set(suspects);
    const places = placesOf(group);
    return [
      this.groupOf(places.filter((_, at) => !chosen.has(at))),
      { ...this.groupOf(places.filter((_, at) => chosen.has(at))), isSuspected: true },
    ];
  }

  /** A group cut where its records reach `bytes`, at least in two. */
  cut(group: Group, bytes: number): readonly Group[] {
    const places = placesOf(group);
    const parts: number[][] = [[]];
    let size = 0;
    places.forEach((place, at) => {
      const record = group.records[at];
      const own = record === undefined ? 0 : payloadBytes(record);
      size += own;
      if (size > bytes && (parts.at(-1)?.length ?? 0) > 0) {
        parts.push([]);
        size = own;
      }
      parts.at(-1)?.push(place);
    });
    return parts.length > 1 ? parts.map((part) => this.groupOf(part)) : this.halve(group);
  }

  halve(group: Group): readonly Group[] {
    const places = placesOf(group);
    const half = Math.ceil(places.length / 2);
    const { isSuspected = false } = group;
    return [places.slice(0, half), places.slice(half)].map((part) => ({ ...this.groupOf(part), isSuspected }));
  }

  /** The records of a group that still have to be sent: from `position` on, without what was written alone. */
  from(group: Group, position: number): Group {
    const first = position - this.batch.from;
    const isOpen = (place: number): boolean => place >= first && this.fates[place] !== 'written';
    if (first <= 0 && this.fates.length === 0) return group;
    return { ...group, ...this.groupOf(placesOf(group).filter(isOpen)) };
  }

  /**
   * What is decided at the front since the last time.
   * @param position of the oldest record that the outbox still has: what it has dropped needs no decision any more
   */
  takeStretch(position: number): Stretch | undefined {
    const { records, from } = this.batch;
    const start = this.front;
    const written: { from: number; to: number }[] = [];
    const refused: RefusedRecord[] = [];
    for (; this.front < records.length; this.front += 1) {
      const fate = this.fates[this.front] ?? 'open';
      const record = records[this.front];
      const at = from + this.front;
      if (record === undefined || (fate === 'open' && at >= position)) break;
      if (fate === 'open') continue;
      if (fate !== 'written') refused.push({ record, position: at, reason: fate });
      else {
        const last = written.at(-1);
        if (last?.to === at) last.to += 1;
        else written.push({ from: at, to: at + 1 });
      }
    }
    return this.front === start ? undefined : { from: from + start, to: from + this.front, written, refused };
  }

  private groupOf(places: readonly number[]): Group {
    const { records } = this.batch;
    return { places, records: places.flatMap((place) => records[place] ?? []) };
  }
}

function placesOf({ places, records }: Group): readonly number[] {
  return places ?? records.map((_, place) => place);
}
