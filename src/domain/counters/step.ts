import type { CounterReason } from '../quality/quality';
import { adoptLevel, type Adoption } from './adopt';
import { explain, explainRollover, meanPower, mostIn, spanOf, type CounterLimits, type CounterStanding } from './line';
import { newTrack, type Climb, type Level, type Track } from './track';

export interface Step {
  readonly track: Track;
  /** Whole Wh or varh that were added since `from`; undefined when that is not known. */
  readonly added: number | undefined;
  readonly from: CounterStanding;
  readonly reason: CounterReason | undefined;
  /** What a person should hear of. */
  readonly event: 'asked' | 'withdrawn' | 'adopted' | undefined;
  /** Mean power of a counter that proved to run faster than was thought, W or var. */
  readonly proved: number | undefined;
}

/** Steps of a counter whose speeds differ by less than this may be those of one load. */
const SAME_SPEED = 10;
/** A person is asked when so many readings in a row agree. */
const ASKED_AFTER = 3;
/** A meter that starts can answer zeros for a while. */
const ASKED_AFTER_ZEROS = 10;
/** Steps that are this much faster than those around them are no load. */
const BLIP = 3;

/**
 * One reading of one counter: what was added since the last. Never negative, and never counted twice.
 *
 * A reading is believed when a load can have added the difference in the time that elapsed. Any other begins a level:
 * while it is seen for the first time it may be one wrong reading; when readings agree on it, it is taken for what it must
 * be (`adoptLevel`), or a person is asked. Until then it counts nothing, and the counter may come back at any time to
 * where it stood.
 * @param now a whole number, later than the last
 * @param isResetNearby true when another counter of this meter was found reset at the same time
 */
export function stepCounter(track: Track, now: CounterStanding, limits: CounterLimits, isResetNearby = false): Step {
  const { standing, level } = track;
  const onLine = explain(standing, now, limits);
  const onLevel = level === undefined ? undefined : explain(level.last, now, limits);
  if (onLine !== undefined && !staysOn(track, onLine, onLevel, limits)) {
    const back = stepBack(track, now, onLine, limits);
    if (back !== undefined) return back;
    // While a person is asked, more than one level may have come and gone: what it says of the time is no longer sure.
    const spanMs = spanOf(standing, now, limits);
    const isLong = spanMs > limits.maxGapMs || onLine > mostIn(spanMs, limits);
    const isGap = onLevel !== undefined || level?.isAsked === true || isLong;
    return believe(track, now, onLine, isGap ? 'counter_gap' : undefined);
  }
  if (onLevel === undefined) {
    const overZero = explainRollover(standing, now, limits);
    if (overZero !== undefined) {
      const rolled = believe(track, now, overZero, 'counter_rollover');
      return { ...rolled, track: { ...rolled.track, left: { standing, counted: overZero } } };
    }
    const blip = level === undefined ? overshoot(track, now, limits) : undefined;
    if (blip !== undefined) return blip;
  }
  if (level?.isAsked === true && onLevel === undefined) return watchRival(track, level, now, limits);
  return watch(track, nextLevel(level, now, onLevel), climbOn(track, now, limits), limits, isResetNearby);
}

/**
 * True when a reading belongs to the level that is asked about, although by now a load could have gone all the way from
 * where the counter stood. It could not when the level was first seen, unless more is known of the load since then.
 */
function staysOn(
  { standing, level }: Track,
  onLine: number,
  onLevel: number | undefined,
  limits: CounterLimits,
): boolean {
  if (level?.isAsked !== true || onLevel === undefined || onLevel >= onLine) return false;
  return explain(standing, level.first, limits) === undefined;
}

/** Neither the level that is asked about nor where the counter stood: one wrong reading, until others agree with it. */
function watchRival(track: Track, level: Level, now: CounterStanding, limits: CounterLimits): Step {
  const { rival } = track;
  const onRival = rival === undefined ? undefined : explain(rival.last, now, limits);
  const next = nextLevel(rival, now, onRival);
  const isAgreed = next.sightings >= ASKED_AFTER;
  return {
    track: isAgreed
      ? { ...track, level: { ...next, isAsked: true }, rival: undefined }
      : { ...track, level, rival: next, climb: undefined },
    added: undefined,
    from: track.standing,
    reason: 'counter_unconfirmed',
    event: isAgreed ? 'asked' : undefined,
    proved: undefined,
  };
}

function believe(track: Track, now: CounterStanding, moved: number, reason: CounterReason | undefined): Step {
  const { standing, level, credit, owed, left } = track;
  const paid = Math.min(owed, moved);
  const added = moved - paid + (credit?.added ?? 0);
  const why: CounterReason | undefined =
    credit !== undefined ? 'counter_answered' : paid > 0 ? 'counter_reset' : reason;
  // A step back that a REAL makes is none: the highest value stands.
  const value = Math.max(now.value, moved === 0 ? standing.value : 0);
  return {
    track: {
      standing: value === now.value ? now : { ...now, value },
      before: standing,
      movedAtMs: moved > 0 ? now.timestamp : track.movedAtMs,
      level: undefined,
      rival: undefined,
      climb: undefined,
      left: left === undefined ? undefined : { ...left, counted: left.counted + added },
      owed: owed - paid,
      credit: undefined,
    },
    added,
    from: credit?.from ?? standing,
    reason: why,
    event: level?.isAsked === true ? 'withdrawn' : undefined,
    proved: undefined,
  };
}

/**
 * A level that was left is nearer than the one that is counted from: the counter is back where it was. What was counted
 * meanwhile is not counted again.
 */
function stepBack(track: Track, now: CounterStanding, onLine: number, limits: CounterLimits): Step | undefined {
  const { left } = track;
  if (left === undefined) return undefined;
  const moved = explain(left.standing, now, limits);
  const missing = moved === undefined ? -1 : moved - left.counted;
  if (missing < 0 || missing >= onLine) return undefined;
  return believe({ ...track, left: undefined }, now, missing, 'counter_reset');
}

/**
 * The last step went further than those around it, and this reading lies between its ends: what was wrong is the reading
 * before. It was counted, so as much is left out of what follows.
 */
function overshoot(track: Track, now: CounterStanding, limits: CounterLimits): Step | undefined {
  const { standing, before, owed } = track;
  if (before === undefined || now.value >= standing.value || now.value < before.value) return undefined;
  const fast = meanPower(standing.value - before.value, spanOf(before, standing, limits));
  const slow = meanPower(now.value - before.value, spanOf(before, now, limits));
  if (fast < BLIP * slow) return undefined;
  return {
    track: { ...track, standing: now, movedAtMs: now.timestamp, owed: owed + standing.value - now.value },
    added: 0,
    from: standing,
    reason: 'counter_reset',
    event: undefined,
    proved: undefined,
  };
}

function nextLevel(level: Level | undefined, now: CounterStanding, onLevel: number | undefined): Level {
  if (level === undefined || onLevel === undefined) return { first: now, last: now, sightings: 1 };
  const last = now.value < level.last.value ? { ...now, value: level.last.value } : now;
  return { ...level, last, sightings: level.sightings + 1 };
}

/** How steadily the counter runs ahead since it was last believed, if it does. */
function climbOn({ standing, level, climb }: Track, now: CounterStanding, limits: CounterLimits): Climb | undefined {
  const from = level?.last ?? standing;
  const isFirst = level === undefined;
  if (now.value <= from.value || (climb === undefined && !isFirst)) return undefined;
  const power = meanPower(now.value - from.value, spanOf(from, now, limits));
  const [low, high] = [Math.min(power, climb?.low ?? power), Math.max(power, climb?.high ?? power)];
  return high <= SAME_SPEED * low ? { count: (climb?.count ?? 0) + 1, low, high } : undefined;
}

/** A level is there: is it clear what it means, or must a person say so? */
function watch(
  track: Track,
  level: Level,
  climb: Climb | undefined,
  limits: CounterLimits,
  isResetNearby: boolean,
): Step {
  const adoption = adoptLevel(track, level, climb, limits, isResetNearby);
  if (adoption !== undefined) return adopt(track, level, adoption);
  const wasAsked = track.level?.isAsked === true;
  const isZero = level.last.value === 0;
  const isEnough = level.sightings >= (isZero ? ASKED_AFTER_ZEROS : ASKED_AFTER);
  // Faster than the rated power, and steadily so: that number is wrong, or the meter is.
  const isFast = limits.isGiven && (climb?.count ?? 0) >= ASKED_AFTER;
  const isAsked = level.isAsked === true || isEnough || isFast;
  return {
    track: { ...track, level: isAsked ? { ...level, isAsked } : level, climb, rival: undefined },
    added: undefined,
    from: track.standing,
    reason: isAsked ? 'counter_unconfirmed' : 'counter_suspect',
    event: isAsked && !wasAsked ? 'asked' : undefined,
    proved: undefined,
  };
}

function adopt(track: Track, level: Level, { added, from, reason, leaves, proved, owed: more = 0 }: Adoption): Step {
  const { standing, credit } = track;
  const owed = track.owed + more;
  const total = added + (credit?.added ?? 0);
  return {
    track: newTrack(level.last, { owed, left: leaves ? { standing, counted: total } : undefined }),
    added: total,
    from: credit?.from ?? from,
    reason,
    event: 'adopted',
    proved,
  };
}
