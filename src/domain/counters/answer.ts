import { mostIn, spanOf, type CounterLimits } from './line';
import { newTrack, type CounterAnswer, type Track } from './track';

/**
 * What a person says about the level that a counter stands at: it goes on from there, and the next delta has what waited.
 *
 * - `replaced`: another meter. What it counted since it was first seen.
 * - `reset`: the counter was set. What it counted since zero where a load can have done so, else since it was first seen.
 * - `true`: the energy did flow, all of it. Of a counter that went back this says no more than `replaced`.
 * @returns the same track when nothing is asked of this counter
 */
export function answerTrack(track: Track, answer: CounterAnswer, limits: CounterLimits): Track {
  const { standing, level } = track;
  if (level?.isAsked !== true) return track;
  const { first, last } = level;
  const sinceFirst = { added: last.value - first.value, from: first };
  const isSinceZero = answer === 'reset' && first.value <= mostIn(spanOf(standing, first, limits), limits);
  const isTrue = answer === 'true' && last.value >= standing.value;
  const counted = isTrue
    ? { added: last.value - standing.value, from: standing }
    : isSinceZero
      ? { added: last.value, from: standing }
      : sinceFirst;
  const credit =
    track.credit === undefined ? counted : { added: counted.added + track.credit.added, from: track.credit.from };
  return newTrack(last, { credit, owed: track.owed });
}
