import type { CounterReason } from '../quality';

/** Where a counter stood when it was last read and believed. */
export interface Standing {
  /** In whole Wh or varh. */
  readonly value: number;
  /** When it was read, milliseconds on the axis of the meter (see `ReadTimes`). */
  readonly timestamp: number;
}

/** What moves a counter, and how far. */
export interface CounterLimits {
  /** No load behind the meter takes more, W or var: what moves a counter further is not believed at once. */
  readonly maxPower: number;
  /** A delta over more than this is marked `counter_gap`, milliseconds. */
  readonly maxGapMs: number;
  /** The count that follows the counter's largest value is zero: how many Wh or varh there are, zero included. */
  readonly modulus: number;
}

export interface Step {
  /** What to count from next. */
  readonly standing: Standing;
  /** A reading that cannot be believed before the next one agrees with it. */
  readonly suspect?: Standing;
  /** Whole Wh or varh that were added since `fromMs`; absent when that is not known. */
  readonly added?: number;
  readonly fromMs: number;
  readonly reason?: CounterReason;
}

const MS_PER_HOUR = 3_600_000;
/** What a reading may jump for other reasons than load: steps of a REAL, display rounding, a late time stamp. */
const SLACK = 1000;
/**
 * The steps of a REAL below 1 000 000 kWh are up to 1/16 kWh = 62.5 Wh. A counter that is read as REALs and then as whole
 * Wh may seem to go back by less than that; it has not moved.
 */
const REAL_STEP = 63;
/** Below this many Wh the steps of a REAL are under 1 Wh, and going back is going back. */
const COARSE_FROM = 16_384_000;

/** The most that can have been added in this time. */
function mostIn(spanMs: number, limits: CounterLimits): number {
  return (limits.maxPower * spanMs) / MS_PER_HOUR + SLACK;
}

function believe(last: Standing, now: Standing, added: number, limits: CounterLimits, rolled: boolean): Step {
  const gap = now.timestamp - last.timestamp > limits.maxGapMs;
  const reason = rolled ? 'counter_rollover' : gap ? 'counter_gap' : undefined;
  const step = { standing: now, added, fromMs: last.timestamp };
  return reason === undefined ? step : { ...step, reason };
}

/** The second reading in a row at a level that the first did not explain: the counter was reset, set or changed. */
function acceptLevel(last: Standing, suspect: Standing, now: Standing, limits: CounterLimits): Step {
  const sinceZero = now.value < last.value && now.value <= mostIn(now.timestamp - last.timestamp, limits);
  return sinceZero
    ? { standing: now, added: now.value, fromMs: last.timestamp, reason: 'counter_reset' }
    : { standing: now, added: now.value - suspect.value, fromMs: suspect.timestamp, reason: 'counter_reset' };
}

/**
 * One reading of one counter: what was added since the last. Never negative, and never counted twice: added values are
 * differences of readings that follow each other.
 *
 * A counter that goes back is at its rollover when the way over zero is one that the load can have gone; that it rolls
 * over at all is derived from the range of 1420-UM001D p.66 Table 37, so such a delta is *uncertain*. Otherwise, and
 * when it goes ahead further than any load could move it, one reading may be wrong (a meter that starts can answer
 * zeros): only when the next one agrees is the new level believed.
 * @param now a whole number, later than `last`
 */
export function stepCounter(last: Standing, suspect: Standing | undefined, now: Standing, limits: CounterLimits): Step {
  const moved = now.value - last.value;
  const most = mostIn(now.timestamp - last.timestamp, limits);
  if (moved >= 0 && moved <= most) return believe(last, now, moved, limits, false);
  if (moved < 0 && moved > -REAL_STEP && last.value >= COARSE_FROM) {
    return believe(last, { value: last.value, timestamp: now.timestamp }, 0, limits, false);
  }
  const overZero = moved + limits.modulus;
  if (moved < 0 && overZero >= 0 && overZero <= most) return believe(last, now, overZero, limits, true);
  if (suspect !== undefined) {
    const further = now.value - suspect.value;
    if (further >= 0 && further <= mostIn(now.timestamp - suspect.timestamp, limits)) {
      return acceptLevel(last, suspect, now, limits);
    }
  }
  return { standing: last, suspect: now, fromMs: last.timestamp, reason: 'counter_suspect' };
}
