import { readJudgment, worseOf, type Judgment } from '../quality/judgment';
import { isRecord } from '../../support/expect';
import type { Piece } from './split';

/** The mean power of one window. */
export interface Demand {
  /** W or var. */
  readonly value: number;
  /** End of the window, epoch milliseconds UTC. */
  readonly endMs: number;
  readonly judgment: Judgment;
  /** Where energy lies at an edge or near that may as well be of this window: the value with all of it, W or var. */
  readonly atMost?: number;
}

/** Means over a window, from energies. */
export interface DemandWindow {
  /**
   * Takes the next energy; pieces come in the order of time. Every window that it ends goes to `visit`.
   * @returns the most that a window which is not visited can have had, W or var
   */
  add(piece: Piece, visit: (demand: Demand) => void): number;
  /**
   * Takes energy of which nobody knows when it was used: it is part of no window, and may be of any around it.
   * @returns as `add`
   */
  skip(piece: Piece, visit: (demand: Demand) => void): number;
  /** The wall clock was set: no window may hold energy of both times. One that is cut goes to `visit`, as a lower bound. */
  clockWasSet(visit: (demand: Demand) => void): void;
  /** Plain JSON to go on from. */
  state(): unknown;
}

export const MS_PER_HOUR = 3_600_000;
export const INCOMPLETE: Judgment = { quality: 'uncertain', reason: 'period_incomplete', provenance: 'verified' };

/** Energy was spread evenly over a time that is too long for that. */
export const SPREAD: Judgment = { quality: 'uncertain', reason: 'counter_gap', provenance: 'verified' };

/** Readings per window that leave it measured; a twentieth more time is for reads that are late. */
const READINGS_PER_WINDOW = 5;
const LATE = 1.05;

/**
 * How long a delta may be that is cut at the edge of a window, ms. Its energy is spread evenly over both sides: of a
 * longer one nobody can say in which window it was used.
 */
function allowedGapMs(lengthMs: number): number {
  return (lengthMs / READINGS_PER_WINDOW) * LATE;
}

export function finite(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** A demand from a saved state; undefined when it is none. */
export function readDemand(saved: unknown): Demand | undefined {
  if (!isRecord(saved)) return undefined;
  const [value, endMs] = [finite(saved['value']), finite(saved['endMs'])];
  const judgment = readJudgment(saved['judgment']);
  if (value === undefined || endMs === undefined || judgment === undefined) return undefined;
  const atMost = finite(saved['atMost']);
  return atMost === undefined ? { value, endMs, judgment } : { value, endMs, judgment, atMost };
}

/** True where energy was spread evenly over a time that is too long for that. */
export function isGuess(spreadMs: number, lengthMs: number): boolean {
  return spreadMs > allowedGapMs(lengthMs);
}

/** As well known as its energy, and no better than a guess where that was spread over too long a time. */
export function judgeSpread(judgment: Judgment, spreadMs: number, lengthMs: number): Judgment {
  return isGuess(spreadMs, lengthMs) ? worseOf(judgment, SPREAD) : judgment;
}
