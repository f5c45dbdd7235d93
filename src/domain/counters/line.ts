import type { Spans } from '../time/read-times';

/** Where a counter stood when it was read. */
export interface CounterStanding {
  /** In whole Wh or varh. */
  readonly value: number;
  /** When it was read, milliseconds on the axis of the meter (see `ReadTimes`). */
  readonly timestamp: number;
  /** The same by the wall clock, for people, epoch milliseconds UTC. */
  readonly readMs: number;
}

/** What moves a counter, and how far. */
export interface CounterLimits {
  /** No load behind the meter takes more, W or var: what moves a counter further is not believed at once. */
  readonly maxPower: number;
  /** True when a person has given that power: then no counter can prove it wrong. */
  readonly isGiven: boolean;
  /** A delta over more than this is marked `counter_gap`, milliseconds. */
  readonly maxGapMs: number;
  /** The count that follows the counter's largest value is zero: how many Wh or varh there are, zero included. */
  readonly modulus: number;
  /** A partial counter is reset by people, as often as they like. */
  readonly isPartial: boolean;
  /** What elapsed between two places on the axis of the meter. */
  readonly spans: Spans;
}

const MS_PER_HOUR = 3_600_000;
/** A reading may be this late, or the meter may have refreshed its counters this long ago, ms. */
const LATE_MS = 5000;
/** Two steps of a REAL of 62.5 Wh and one of the display, 100 Wh: what a counter may jump without any load. */
const SLACK = 250;
/** When nobody knows what elapsed: a load can have worked for a day. */
const UNKNOWN_MS = 24 * MS_PER_HOUR;
/**
 * The steps of a REAL below 1 000 000 kWh are up to 1/16 kWh = 62.5 Wh. A counter that is read as REALs and then as whole
 * Wh may seem to go back by less than that; it has not moved.
 */
const REAL_STEP = 63;
/** Below this many Wh the steps of a REAL are under 1 Wh, and going back is going back. */
const COARSE_FROM = 16_384_000;

/** What elapsed between two readings, ms. */
export function spanOf(from: CounterStanding, to: CounterStanding, { spans }: CounterLimits): number {
  return spans.elapsedMs(from.timestamp, to.timestamp) ?? UNKNOWN_MS;
}

/** The most that may have elapsed, ms. */
function mostSpanOf(from: CounterStanding, to: CounterStanding, { spans }: CounterLimits): number {
  return spans.mostMs(from.timestamp, to.timestamp) ?? UNKNOWN_MS;
}

/** The most that a load can have added in this time, Wh or varh. */
export function mostIn(spanMs: number, { maxPower }: CounterLimits): number {
  return (maxPower * (spanMs + LATE_MS)) / MS_PER_HOUR + SLACK;
}

/** Mean power of this energy over this time, W or var. */
export function meanPower(added: number, spanMs: number): number {
  return (added * MS_PER_HOUR) / Math.max(1, spanMs);
}

/** What was added between two readings of one counter that counts on; undefined when no load explains it. */
export function explain(from: CounterStanding, to: CounterStanding, limits: CounterLimits): number | undefined {
  const moved = to.value - from.value;
  if (moved < 0) return moved > -REAL_STEP && from.value >= COARSE_FROM ? 0 : undefined;
  return moved <= mostIn(mostSpanOf(from, to, limits), limits) ? moved : undefined;
}

/** The way over the largest value; undefined when no load can have gone it in that time. */
export function explainRollover(from: CounterStanding, to: CounterStanding, limits: CounterLimits): number | undefined {
  const overZero = to.value - from.value + limits.modulus;
  return to.value < from.value && overZero <= mostIn(mostSpanOf(from, to, limits), limits) ? overZero : undefined;
}
