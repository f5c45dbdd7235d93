import type { Rejected } from '../delivery/destination';
import type { OutboxRecord } from '../outbox/outbox';
import { isRecord } from '../support/expect';
import type { FieldConflict } from './refusal';
import { conflictFinder, isBeyondRetention, timestampOf } from './refused-lines';

/** Conflicts that are remembered; beyond, the oldest is forgotten. */
const MOST_CONFLICTS = 16;

/**
 * What lines a database has refused lately, so that lines of the same kind are sent apart: fields under a type that it
 * does not take, and times that its retention does not keep.
 */
export class KnownOffenders {
  private readonly conflicts = new Map<string, (line: string) => boolean>();
  /** Lines up to this time were refused for their age, milliseconds. */
  private horizonMs = -Infinity;

  /** Notes why records were refused. */
  learn({ named = [], error }: Rejected, records: readonly OutboxRecord[]): void {
    const { conflict, reason } = error.details;
    if (isConflict(conflict)) {
      const key = JSON.stringify([conflict.influxMeasurement, conflict.field, conflict.given]);
      this.conflicts.delete(key);
      this.conflicts.set(key, conflictFinder(conflict));
      const [oldest] = this.conflicts.keys();
      if (this.conflicts.size > MOST_CONFLICTS && oldest !== undefined) this.conflicts.delete(oldest);
    }
    if (typeof reason !== 'string' || !isBeyondRetention(reason)) return;
    for (const place of named) {
      const at = timestampOf(records[place]?.payload ?? '');
      if (at > this.horizonMs) this.horizonMs = at;
    }
  }

  /** Places of records that are like those that were refused. */
  suspects(records: readonly OutboxRecord[]): readonly number[] {
    if (this.conflicts.size === 0 && this.horizonMs === -Infinity) return [];
    const found: number[] = [];
    const finders = [...this.conflicts.values()];
    records.forEach(({ payload }, place) => {
      const isOld = this.horizonMs !== -Infinity && timestampOf(payload) <= this.horizonMs;
      if (isOld || finders.some((isConflicting) => isConflicting(payload))) found.push(place);
    });
    return found;
  }

  /** The database has taken records that were suspected: it has changed. */
  forget(): void {
    this.conflicts.clear();
    this.horizonMs = -Infinity;
  }
}

function isConflict(value: unknown): value is FieldConflict {
  return isRecord(value) && typeof value['field'] === 'string' && typeof value['given'] === 'string';
}
