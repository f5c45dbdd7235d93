import type { CounterReason } from '../quality/quality';
import { explain, mostIn, spanOf, type CounterLimits, type CounterStanding } from './line';
import type { Climb, Level, Track } from './track';

/** What a level turned out to be, and what was counted with it. */
export interface Adoption {
  readonly added: number;
  /** Since when; the reading itself where that is not known. */
  readonly from: CounterStanding;
  readonly reason: CounterReason;
  /** True when the counter may come back to where it stood. */
  readonly leaves: boolean;
  /** What was counted although it never flowed. */
  readonly owed?: number;
  /** Mean power of a counter that proved to run faster than was thought, W or var. */
  readonly proved?: number;
}

/** A state that was lost at power-off is younger than this, ms. */
const LOST_MS = 15 * 60_000;
/** What a meter may lose or leap whatever its load, Wh or varh: 10 kWh. */
const SMALL = 10_000;
/** A counter that is refreshed more seldom than this is none that anybody reads, ms. */
const REFRESHED_MS = 3_600_000;
/** For so long a counter may come back to a level that it left, ms. */
const RETURN_MS = 24 * 3_600_000;
const STEADY = 3;

/** What a meter may lose of its state. */
function lossOf(limits: CounterLimits): number {
  return Math.max(SMALL, mostIn(LOST_MS, limits));
}

/**
 * What a level must be that readings agree on; undefined while it is not clear.
 * @param isResetNearby true when another counter of this meter was found reset at the same time
 */
export function adoptLevel(
  track: Track,
  level: Level,
  climb: Climb | undefined,
  limits: CounterLimits,
  isResetNearby: boolean,
): Adoption | undefined {
  return fasterLoad(track, level, climb, limits) ?? (level.sightings < 2 ? undefined : agreed());

  function agreed(): Adoption | undefined {
    if (track.left !== undefined) {
      const back = cameBack(track.left, level, limits);
      if (back !== undefined) return back;
    }
    return level.first.value < track.standing.value
      ? lower(track, level, limits, isResetNearby)
      : higher(track, level, limits);
  }
}

/** Steps of about the same speed, one after the other: the load is larger than was learned. */
function fasterLoad({ standing }: Track, level: Level, climb: Climb | undefined, limits: CounterLimits) {
  if (limits.isGiven || climb === undefined || climb.count < STEADY) return undefined;
  const added = level.last.value - standing.value;
  if (added < 0) return undefined;
  return { added, from: standing, reason: 'counter_gap', leaves: false, proved: climb.low } as const;
}

/**
 * The counter is where it was before it left; what was counted meanwhile is not counted again. When the rest flowed is not
 * known: it belongs to no window.
 */
function cameBack(left: NonNullable<Track['left']>, level: Level, limits: CounterLimits): Adoption | undefined {
  if (spanOf(left.standing, level.last, limits) > RETURN_MS) return undefined;
  const moved = explain(left.standing, level.last, limits);
  if (moved === undefined) return undefined;
  // Both levels counted the same load, but for the moments in between; a third level that is just as possible is asked of.
  const missing = moved - left.counted;
  if (missing > lossOf(limits)) return undefined;
  const owed = Math.max(0, -missing);
  return { added: Math.max(0, missing), from: level.last, reason: 'counter_reset', leaves: false, owed };
}

function lower(
  { standing }: Track,
  { first, last }: Level,
  limits: CounterLimits,
  isResetNearby: boolean,
): Adoption | undefined {
  const since = last.value - first.value;
  const lost = standing.value - first.value;
  if (lost <= lossOf(limits) && first.value > 0) {
    return { added: since, from: first, reason: 'counter_reset', leaves: true };
  }
  // What stands at zero may be a meter that is still starting: it must have moved, or another counter of it.
  if (since === 0 && !isResetNearby) return undefined;
  const spanMs = spanOf(standing, first, limits);
  const sinceZero = mostIn(limits.isPartial ? spanMs : Math.min(spanMs, limits.maxGapMs), limits);
  if (first.value > sinceZero) return undefined;
  return { added: last.value, from: standing, reason: 'counter_reset', leaves: true };
}

function higher({ standing, movedAtMs }: Track, level: Level, limits: CounterLimits): Adoption | undefined {
  const { first, last, sightings } = level;
  // A meter that answered zero when it started: nothing was counted from there.
  if (standing.value === 0)
    return { added: last.value - first.value, from: first, reason: 'counter_reset', leaves: false };
  const jump = first.value - standing.value;
  const all = { added: last.value - standing.value, from: standing, reason: 'counter_gap', leaves: true } as const;
  // The counter stood still for a while, as one that is refreshed seldom, and caught up.
  const stillMs = limits.spans.elapsedMs(movedAtMs, first.timestamp) ?? 0;
  if (movedAtMs < standing.timestamp && jump <= mostIn(Math.min(stillMs, REFRESHED_MS), limits)) return all;
  return sightings > 2 && jump <= SMALL ? all : undefined;
}
