import type { Period } from '../../meter/derived-metrics';
import { isRecord } from '../../support/expect';
import { readJudgement, worseOf, type Judgement } from '../judgement';
import type { Zone } from '../tariff/zone';
import type { Demand } from './demand';
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
}

export interface PeriodTotalsState {
  readonly current?: Totals;
  readonly last?: Totals;
}

const EARLIER: Judgement = { quality: 'uncertain', reason: 'period_incomplete', provenance: 'verified' };

/** Adds up one calendar period after the other; keeps the one that runs and the one that ended last. */
export class PeriodTotals {
  current: Totals | undefined;
  last: Totals | undefined;

  constructor(
    readonly period: Period,
    private readonly zone: Zone,
    saved?: unknown,
  ) {
    if (!isRecord(saved)) return;
    this.current = readTotals(saved['current']);
    this.last = readTotals(saved['last']);
  }

  /** Energy of the running period; the first one begins it. */
  add(piece: Piece): void {
    const totals = (this.current ??= this.begin(piece.fromMs));
    const earlier = piece.fromMs < totals.startMs;
    const judgement = earlier ? worseOf(piece.judgement, EARLIER) : piece.judgement;
    const before = totals.counters[piece.counter] ?? { added: 0, coveredMs: 0, judgement };
    const total = {
      added: before.added + piece.added,
      coveredMs: before.coveredMs + Math.max(0, piece.toMs - Math.max(piece.fromMs, totals.startMs)),
      judgement: worseOf(before.judgement, judgement),
    };
    this.current = {
      ...totals,
      seenMs: Math.max(totals.seenMs, piece.toMs),
      counters: { ...totals.counters, [piece.counter]: total },
    };
  }

  addTariff(tariffPeriod: string, added: number): void {
    if (this.current === undefined) return;
    const { tariff } = this.current;
    // A period may have the name of something that every object has, such as "constructor".
    const before = Object.hasOwn(tariff, tariffPeriod) ? (tariff[tariffPeriod] ?? 0) : 0;
    this.current = { ...this.current, tariff: { ...tariff, [tariffPeriod]: before + added } };
  }

  addDemand(demand: Demand): void {
    if (this.current === undefined || demand.value <= (this.current.peak?.value ?? -1)) return;
    this.current = { ...this.current, peak: demand };
  }

  /** Ends the running period when its time is over, and begins the one that holds this time. */
  reach(timeMs: number): void {
    if (this.current === undefined || timeMs < this.current.endMs) return;
    this.last = this.current;
    this.current = this.begin(timeMs);
  }

  state(): PeriodTotalsState {
    return {
      ...(this.current === undefined ? {} : { current: this.current }),
      ...(this.last === undefined ? {} : { last: this.last }),
    };
  }

  private begin(timeMs: number): Totals {
    return { ...this.zone.periodAt(this.period, timeMs), seenMs: timeMs, counters: {}, tariff: {} };
  }
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function readCounterTotal(saved: unknown): CounterTotal | undefined {
  if (!isRecord(saved)) return undefined;
  const { added, coveredMs } = saved;
  const judgement = readJudgement(saved['judgement']);
  return isNumber(added) && isNumber(coveredMs) && judgement !== undefined
    ? { added, coveredMs, judgement }
    : undefined;
}

function readPeak(saved: unknown): Demand | undefined {
  if (!isRecord(saved)) return undefined;
  const { value, endMs } = saved;
  const judgement = readJudgement(saved['judgement']);
  return isNumber(value) && isNumber(endMs) && judgement !== undefined ? { value, endMs, judgement } : undefined;
}

/** Totals from a saved state; undefined when they are none. */
function readTotals(saved: unknown): Totals | undefined {
  if (!isRecord(saved)) return undefined;
  const { startMs, endMs, seenMs, counters, tariff } = saved;
  if (!isNumber(startMs) || !isNumber(endMs) || !isNumber(seenMs) || !(startMs < endMs)) return undefined;
  if (!isRecord(counters) || !isRecord(tariff) || !Object.values(tariff).every(isNumber)) return undefined;
  const read: Record<string, CounterTotal> = {};
  for (const [name, entry] of Object.entries(counters)) {
    const total = readCounterTotal(entry);
    if (total === undefined) return undefined;
    read[name] = total;
  }
  const peak = readPeak(saved['peak']);
  const totals = { startMs, endMs, seenMs, counters: read, tariff: tariff as Readonly<Record<string, number>> };
  return peak === undefined ? totals : { ...totals, peak };
}
