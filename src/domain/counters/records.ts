import { isRecord } from '../../support/expect';
import type { Standing } from './line';
import type { CounterAnswer } from './track';

/** What happened to a counter that a person should know of. */
export const COUNTER_EVENTS = ['asked', 'withdrawn', 'adopted', 'answered', 'corrected'] as const;
export type CounterEvent = (typeof COUNTER_EVENTS)[number];

/** One entry of a meter's book of counters. Plain JSON. */
export interface CounterRecord {
  readonly event: CounterEvent;
  /** The counter's metric. */
  readonly counter: string;
  /** When it happened, epoch milliseconds UTC. */
  readonly timestamp: number;
  /** Where the counter stood and where it was seen then, Wh or varh; absent for a correction. */
  readonly before?: number;
  readonly after?: number;
  readonly answer?: CounterAnswer;
  /** Of a correction: what was added, or with a minus taken away, Wh or varh, and the time whose periods it changes. */
  readonly by?: number;
  readonly at?: number;
  /** What the person wrote beside it. */
  readonly note?: string;
}

/** Wh or varh, and when that was read, epoch milliseconds UTC. */
export interface CounterMoment {
  readonly value: number;
  readonly timestamp: number;
}

/** A level that a person is asked about. */
export interface CounterQuestion {
  readonly counter: string;
  /** Where the counter stood when it was last believed. */
  readonly before: CounterMoment;
  /** Where it was first seen at the other level. */
  readonly after: CounterMoment;
  /** Where it stands now. */
  readonly now: CounterMoment;
}

/** As many are kept. */
const MOST_RECORDS = 100;

const NOTHING_NEW: readonly CounterRecord[] = [];

/** The last things that happened to the counters of a meter, the newest last. */
export class CounterBook {
  private fresh: CounterRecord[] = [];
  all: readonly CounterRecord[];

  /** @param saved `all` of an earlier book, from a saved state; what is not readable is left out */
  constructor(saved: unknown) {
    this.all = readRecords(saved);
  }

  write(record: CounterRecord): void {
    this.fresh.push(record);
    this.all = [...this.all, record].slice(-MOST_RECORDS);
  }

  /** What was written since this was last asked. */
  takeNew(): readonly CounterRecord[] {
    if (this.fresh.length === 0) return NOTHING_NEW;
    const { fresh } = this;
    this.fresh = [];
    return fresh;
  }
}

function isOptional(value: unknown, type: 'number' | 'string'): boolean {
  return value === undefined || typeof value === type;
}

function readRecords(saved: unknown): readonly CounterRecord[] {
  if (!Array.isArray(saved)) return [];
  const usable = (saved as readonly unknown[]).filter(
    (entry) =>
      isRecord(entry) &&
      COUNTER_EVENTS.some((event) => event === entry['event']) &&
      typeof entry['counter'] === 'string' &&
      typeof entry['timestamp'] === 'number' &&
      ['before', 'after', 'by', 'at'].every((key) => isOptional(entry[key], 'number')) &&
      ['answer', 'note'].every((key) => isOptional(entry[key], 'string')),
  );
  return usable.slice(-MOST_RECORDS) as readonly CounterRecord[];
}

/** Where a counter stood, for people. */
export function momentOf({ value, readMs }: Standing): CounterMoment {
  return { value, timestamp: readMs };
}
