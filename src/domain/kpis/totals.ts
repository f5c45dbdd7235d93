import { isRecord } from '../../support/expect';
import { readJudgement, worseOf, type Judgement } from '../judgement';
import { finite, readDemand, SPREAD, type Demand } from './demand';
import type { Piece } from './split';

/** What one counter added within a period. */
export interface CounterTotal {
  /** Whole Wh or varh. */
  readonly added: number;
  /** The part of the period for which that is known. */
  readonly coveredMs: number;
  readonly judgement: Judgement;
}

/** One calendar period: energies, peak and energy by tariff period. Plain JSON. */
export interface Totals {
  readonly startMs: number;
  readonly endMs: number;
  /** The last reading that is part of it. */
  readonly seenMs: number;
  readonly counters: Readonly<Record<string, CounterTotal>>;
  /** Wh of active import by name of the tariff period. */
  readonly tariff: Readonly<Record<string, number>>;
  readonly peak?: Demand;
  /** What all of its figures are no better than: the wall clock was set within it. */
  readonly mark?: Judgement;
  /** What those of tariff periods are no better than: energy was spread over an edge of the tariff. */
  readonly tariffMark?: Judgement;
}

export const CLOCK_WAS_SET: Judgement = { quality: 'uncertain', reason: 'clock_doubtful', provenance: 'verified' };

const CORRECTED: Judgement = { quality: 'uncertain', reason: 'counter_corrected', provenance: 'verified' };

export function holds({ startMs, endMs }: Totals, timeMs: number): boolean {
  return timeMs >= startMs && timeMs < endMs;
}

/** True when a counter has energy of more time than the period has. */
export function isOverfull({ counters, startMs, endMs }: Totals, counter: string): boolean {
  return (counters[counter]?.coveredMs ?? 0) > endMs - startMs;
}

/** With the energy of a piece, which is no better known than `judgement`. */
export function plusPiece(totals: Totals, piece: Piece, judgement: Judgement): Totals {
  const before = totals.counters[piece.counter] ?? { added: 0, coveredMs: 0, judgement };
  const total = {
    added: before.added + piece.added,
    coveredMs: before.coveredMs + Math.max(0, piece.toMs - Math.max(piece.fromMs, totals.startMs)),
    judgement: worseOf(before.judgement, judgement),
  };
  return {
    ...totals,
    seenMs: Math.max(totals.seenMs, piece.toMs),
    counters: { ...totals.counters, [piece.counter]: total },
  };
}

export function plusTariff(totals: Totals, name: string, added: number, isSpread: boolean): Totals {
  // A period may have the name of something that every object has, such as "constructor".
  const before = Object.hasOwn(totals.tariff, name) ? (totals.tariff[name] ?? 0) : 0;
  const next = { ...totals, tariff: { ...totals.tariff, [name]: before + added } };
  return isSpread ? { ...next, tariffMark: SPREAD } : next;
}

/** As a person says; what is left of a tariff period is never less than nothing. */
export function corrected(totals: Totals, counter: string, by: number, tariff: string | undefined): Totals {
  const before = totals.counters[counter] ?? { added: 0, coveredMs: 0, judgement: CORRECTED };
  const total = { ...before, added: before.added + by, judgement: worseOf(CORRECTED, before.judgement) };
  const next = { ...totals, counters: { ...totals.counters, [counter]: total } };
  if (tariff === undefined) return next;
  const energy = Object.hasOwn(totals.tariff, tariff) ? (totals.tariff[tariff] ?? 0) : 0;
  return { ...next, tariff: { ...totals.tariff, [tariff]: Math.max(0, energy + by) } };
}

export function plusDemand(totals: Totals, demand: Demand): Totals {
  return demand.value > (totals.peak?.value ?? -1) ? { ...totals, peak: demand } : totals;
}

function readCounterTotal(saved: unknown): CounterTotal | undefined {
  if (!isRecord(saved)) return undefined;
  const [added, coveredMs] = [finite(saved['added']), finite(saved['coveredMs'])];
  const judgement = readJudgement(saved['judgement']);
  return added !== undefined && coveredMs !== undefined && judgement !== undefined
    ? { added, coveredMs, judgement }
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
  const [peak, mark] = [readDemand(saved['peak']), readJudgement(saved['mark'])];
  const tariffMark = readJudgement(saved['tariffMark']);
  return {
    startMs,
    endMs,
    seenMs,
    counters: read,
    tariff: tariff as Readonly<Record<string, number>>,
    ...(peak === undefined ? {} : { peak }),
    ...(mark === undefined ? {} : { mark }),
    ...(tariffMark === undefined ? {} : { tariffMark }),
  };
}
