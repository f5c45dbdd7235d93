import { isRecord } from '../../support/expect';
import { readJudgment, worseOf, type Judgment } from '../quality/judgment';
import { finite, readDemand, SPREAD, type Demand } from './demand';
import type { Piece } from './split';

/** What one counter added within a period. */
export interface CounterTotal {
  /** Whole Wh or varh. */
  added: number;
  /** The part of the period for which that is known. */
  coveredMs: number;
  judgment: Judgment;
}

/** One calendar period: energies, peak and energy by tariff period. Plain JSON; whoever adds to it owns it. */
export interface Totals {
  readonly startMs: number;
  readonly endMs: number;
  /** The last reading that is part of it. */
  seenMs: number;
  readonly counters: Record<string, CounterTotal>;
  /** Wh of active import by name of the tariff period. */
  readonly tariff: Record<string, number>;
  peak: Demand | undefined;
  /** The most that a window can have had whose energy is not all known to be its own, W; undefined without one. */
  atMost: number | undefined;
  /** What all of its figures are no better than: the wall clock was set within it. */
  mark: Judgment | undefined;
  /** What those of tariff periods are no better than: energy was spread over an edge of the tariff. */
  tariffMark: Judgment | undefined;
}

/** A period of which nothing is known yet. */
export function newTotals(startMs: number, endMs: number, seenMs: number): Totals {
  return {
    startMs,
    endMs,
    seenMs,
    counters: {},
    tariff: {},
    peak: undefined,
    atMost: undefined,
    mark: undefined,
    tariffMark: undefined,
  };
}

/** The same, for somebody who does not see what is added later. */
export function copyOf(totals: Totals): Totals {
  const counters: Record<string, CounterTotal> = {};
  for (const name in totals.counters) {
    const total = totals.counters[name];
    if (total !== undefined) counters[name] = { ...total };
  }
  return { ...totals, counters, tariff: { ...totals.tariff } };
}

export const CLOCK_WAS_SET: Judgment = { quality: 'uncertain', reason: 'clock_doubtful', provenance: 'verified' };

const CORRECTED: Judgment = { quality: 'uncertain', reason: 'counter_corrected', provenance: 'verified' };

export function holds({ startMs, endMs }: Totals, timeMs: number): boolean {
  return timeMs >= startMs && timeMs < endMs;
}

/** True when a counter has energy of more time than the period has. */
export function isOverfull({ counters, startMs, endMs }: Totals, counter: string): boolean {
  return (counters[counter]?.coveredMs ?? 0) > endMs - startMs;
}

/** Adds the energy of a piece, which is no better known than `judgment`. */
export function addPiece(totals: Totals, piece: Piece, judgment: Judgment): void {
  const total = (totals.counters[piece.counter] ??= { added: 0, coveredMs: 0, judgment });
  total.added += piece.added;
  total.coveredMs += Math.max(0, piece.toMs - Math.max(piece.fromMs, totals.startMs));
  total.judgment = worseOf(total.judgment, judgment);
  totals.seenMs = Math.max(totals.seenMs, piece.toMs);
}

/** A tariff period may have the name of something that every object has, such as "constructor". */
function energyOf({ tariff }: Totals, name: string): number {
  return Object.hasOwn(tariff, name) ? (tariff[name] ?? 0) : 0;
}

export function addTariff(totals: Totals, name: string, added: number, isSpread: boolean): void {
  totals.tariff[name] = energyOf(totals, name) + added;
  if (isSpread) totals.tariffMark = SPREAD;
}

/** As a person says; what is left of a tariff period is never less than nothing. */
export function correct(totals: Totals, counter: string, by: number, tariff: string | undefined): void {
  const total = (totals.counters[counter] ??= { added: 0, coveredMs: 0, judgment: CORRECTED });
  total.added += by;
  total.judgment = worseOf(CORRECTED, total.judgment);
  if (tariff !== undefined) totals.tariff[tariff] = Math.max(0, energyOf(totals, tariff) + by);
}

export function addDemand(totals: Totals, demand: Demand): void {
  if (demand.value > (totals.peak?.value ?? -1)) totals.peak = demand;
  if (demand.atMost !== undefined) addPossible(totals, demand.atMost);
}

/** A window may have had this power, W. */
export function addPossible(totals: Totals, power: number): void {
  totals.atMost = Math.max(totals.atMost ?? 0, power);
}

/** Of a constant load the windows differ by the steps of the counter alone. */
const ALIKE = 1.001;

/** How well the peak is known: no better than a guess where another window may have had more. */
export function peakJudgment({ atMost = 0 }: Totals, peak: Demand): Judgment {
  return atMost > peak.value * ALIKE ? worseOf(peak.judgment, SPREAD) : peak.judgment;
}

function readCounterTotal(saved: unknown): CounterTotal | undefined {
  if (!isRecord(saved)) return undefined;
  const [added, coveredMs] = [finite(saved['added']), finite(saved['coveredMs'])];
  const judgment = readJudgment(saved['judgment']);
  return added !== undefined && coveredMs !== undefined && judgment !== undefined
    ? { added, coveredMs, judgment }
    : undefined;
}

/** Totals from a saved state; undefined when they are none. */
export function readTotals(saved: unknown): Totals | undefined {
  if (!isRecord(saved)) return undefined;
  const { counters, tariff } = saved;
  const [startMs, endMs, seenMs] = [finite(saved['startMs']), finite(saved['endMs']), finite(saved['seenMs'])];
  if (startMs === undefined || endMs === undefined || seenMs === undefined || !(startMs < endMs)) return undefined;
  if (!isRecord(counters) || !isRecord(tariff)) return undefined;
  if (!Object.values(tariff).every((energy) => finite(energy) !== undefined)) return undefined;
  const read: Record<string, CounterTotal> = {};
  for (const [name, entry] of Object.entries(counters)) {
    const total = readCounterTotal(entry);
    if (total === undefined) return undefined;
    read[name] = total;
  }
  return {
    startMs,
    endMs,
    seenMs,
    counters: read,
    tariff: { ...(tariff as Readonly<Record<string, number>>) },
    peak: readDemand(saved['peak']),
    atMost: finite(saved['atMost']),
    mark: readJudgment(saved['mark']),
    tariffMark: readJudgment(saved['tariffMark']),
  };
}
