import { isRecord } from '../../support/expect';
import { choice, described, NUMBER, object, optional, TEXT, type TypeOf } from '../../support/shape';
import { EPOCH_MS } from '../messages/parts';
import type { CounterStanding } from './line';
import { COUNTER_ANSWERS } from './track';

/** What happened to a counter that a person should know of. */
export const COUNTER_EVENTS = ['asked', 'withdrawn', 'adopted', 'answered', 'corrected'] as const;
export type CounterEvent = (typeof COUNTER_EVENTS)[number];

const COUNTER = described(TEXT, 'metric of the counter');
const ENERGY = described(NUMBER, 'Wh or varh');

export const COUNTER_RECORD = object({
  event: choice(COUNTER_EVENTS),
  counter: COUNTER,
  timestamp: described(EPOCH_MS, 'when it happened, epoch milliseconds UTC'),
  before: optional(NUMBER, 'where the counter stood, Wh or varh; absent for a correction'),
  after: optional(NUMBER, 'where it was seen then, Wh or varh; absent for a correction'),
  answer: optional(choice(COUNTER_ANSWERS)),
  by: optional(NUMBER, 'of a correction: what was added, or with a minus taken away, Wh or varh'),
  at: optional(NUMBER, 'of a correction: the time whose periods it changes, epoch milliseconds UTC'),
  note: optional(TEXT, 'what the person wrote beside it'),
});

/** One entry of a meter's book of counters. Plain JSON. */
export type CounterRecord = TypeOf<typeof COUNTER_RECORD>;

const MOMENT = object({ value: ENERGY, timestamp: EPOCH_MS });

/** Wh or varh, and when that was read, epoch milliseconds UTC. */
export type CounterMoment = TypeOf<typeof MOMENT>;

export const COUNTER_QUESTION = object({
  counter: COUNTER,
  before: described(MOMENT, 'where the counter stood when it was last believed'),
  after: described(MOMENT, 'where it was first seen at the other level'),
  now: described(MOMENT, 'where it stands now'),
});

/** A level that a person is asked about. */
export type CounterQuestion = TypeOf<typeof COUNTER_QUESTION>;

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
export function momentOf({ value, readMs }: CounterStanding): CounterMoment {
  return { value, timestamp: readMs };
}
