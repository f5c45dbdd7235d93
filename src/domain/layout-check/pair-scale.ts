import { COUNTER_NAMES } from '../../metrics/catalog';
import type { Sentence } from '../../support/sentence';
import { LAYOUT_SENTENCES } from './sentences';
import { SAME_SHARE, SAME_STEPS } from './tolerances';
import { formatNumber } from './words';

/** Counters by metric name, in catalog units. */
export type Counters = Readonly<Record<string, number>>;

/** What the layout says of the pairs of the energy counters. */
export interface PairLayout {
  readonly pairScale: number;
  /** Of the energy counters: 1000 turns kWh into Wh. */
  readonly scale: number;
}

export interface PairScaleFinding {
  readonly suggestion: number;
  readonly evidence: Sentence;
}

/** A single has 24 bits: a low element beyond 1e7 would lose whole steps. */
const CANDIDATES = [1e2, 1e3, 1e4, 1e5, 1e6, 1e7] as const;
const ENERGY_NAMES = COUNTER_NAMES.filter((name) => name !== 'run_hours');
/** Chance below which nobody believes in chance. */
const LEAST_CHANCE = 1e-5;

/** Raw steps below the high element: what the layout takes for the low one. */
const lowOf = (raw: number, pairScale: number): number => raw - Math.floor(raw / pairScale) * pairScale;

/**
 * Low elements of counters that have left their first round are spread over the whole pair scale. Where all of them are
 * small, the pairs wrap earlier than the layout says.
 */
export function guessPairScale(counters: Counters, { pairScale, scale }: PairLayout): PairScaleFinding | undefined {
  const raws = [...new Set(ENERGY_NAMES.map((name) => (counters[name] ?? 0) / scale))];
  const lows = raws.filter((raw) => raw >= pairScale).map((raw) => lowOf(raw, pairScale));
  const largest = Math.max(...lows);
  for (const candidate of CANDIDATES) {
    if (candidate >= pairScale || largest >= candidate) continue;
    if ((candidate / pairScale) ** lows.length > LEAST_CHANCE) return undefined;
    return {
      suggestion: candidate,
      evidence: LAYOUT_SENTENCES.say('pairsWrap', {
        count: lows.length,
        largest: formatNumber(largest),
        most: formatNumber(pairScale),
        scale: formatNumber(candidate),
      }),
    };
  }
  return undefined;
}

/** True where two readings of one counter agree. */
export function sameCounter(left: number, right: number, scale: number, tolerance = 0): boolean {
  return Math.abs(left - right) <= SAME_SHARE * Math.max(left, right) + SAME_STEPS * scale + tolerance;
}

/** Every pair scale with which all counters come out as Modbus says; that of the layout first if it is one of them. */
export function pairScalesByModbus(
  counters: Counters,
  verified: Counters,
  { pairScale, scale }: PairLayout,
  toleranceWh: number,
): readonly number[] {
  const matches = (candidate: number): boolean =>
    ENERGY_NAMES.every((name) => {
      const raw = (verified[name] ?? 0) / scale;
      const shown = Math.floor(raw / candidate) * pairScale + lowOf(raw, candidate);
      return sameCounter(counters[name] ?? 0, shown * scale, scale, toleranceWh);
    });
  return [...new Set([pairScale, ...CANDIDATES])].filter(matches);
}
