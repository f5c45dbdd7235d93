import type { Period } from '../../metrics/derived-metrics';
import { isRecord } from '../../support/expect';
import { worseOf } from '../quality/judgment';
import type { Zone } from '../tariff/zone';
import { INCOMPLETE, type Demand } from './demand';
import { DeltaCursor, type Piece } from './split';
import {
  addDemand,
  addPossible,
  addPiece,
  addTariff,
  CLOCK_WAS_SET,
  copyOf,
  correct,
  holds,
  isOverfull,
  newTotals,
  readTotals,
  type Totals,
} from './totals';

export interface PeriodTotalsState {
  readonly current?: Totals;
  readonly last?: Totals;
  /** One that began before the wall clock was set back: when its time comes, it goes on. */
  readonly ahead?: Totals;
}

/**
 * Adds up one calendar period after the other; keeps the one that runs and the one that ended last. Counters come in
 * readings of their own: what one of them added before the end of the last period still belongs there.
 */
export class PeriodTotals {
  current: Totals | undefined;
  last: Totals | undefined;
  private ahead: Totals | undefined;

  constructor(
    readonly period: Period,
    private readonly zone: Zone,
    saved?: unknown,
  ) {
    if (!isRecord(saved)) return;
    this.current = readTotals(saved['current']);
    this.last = readTotals(saved['last']);
    this.ahead = readTotals(saved['ahead']);
  }

  /** Energy of the running period, and of the last one as far as it reaches back; the first one begins it. */
  add(piece: Piece): void {
    const current = (this.current ??= this.begin(piece.fromMs));
    if (piece.fromMs >= current.startMs) {
      addPiece(current, piece, piece.judgment);
      return;
    }
    const { last } = this;
    const cursor = new DeltaCursor(piece);
    const earlier = cursor.takeUntil(current.startMs);
    if (last === undefined || !holds(last, piece.fromMs) || earlier === undefined) {
      addPiece(current, piece, worseOf(piece.judgment, INCOMPLETE));
      return;
    }
    addPiece(last, earlier, earlier.judgment);
    // More time than the period has: the wall clock was set back over its end.
    if (isOverfull(last, piece.counter)) last.mark = CLOCK_WAS_SET;
    const rest = cursor.takeUntil(piece.toMs);
    if (rest !== undefined) addPiece(current, rest, rest.judgment);
  }

  /**
   * Energy of one price level.
   * @param fromMs when it was used from; it has been added as a piece before
   * @param isSpread it was spread over an edge of the tariff that lies too far from any reading
   */
  addTariff(name: string, added: number, fromMs: number, isSpread: boolean): void {
    const { current, last } = this;
    const totals = last !== undefined && holds(last, fromMs) ? last : current;
    if (totals !== undefined) addTariff(totals, name, added, isSpread);
  }

  addDemand(demand: Demand): void {
    const { current, last } = this;
    const isOfLast = last !== undefined && demand.endMs > last.startMs && demand.endMs <= last.endMs;
    const totals = isOfLast ? last : current;
    if (totals !== undefined) addDemand(totals, demand);
  }

  /** Energy without a place among windows; one of them may have had this power, W. It has been added as a piece before. */
  addPossible(power: number, fromMs: number): void {
    const { current, last } = this;
    if (last !== undefined && holds(last, fromMs)) addPossible(last, power);
    if (current !== undefined) addPossible(current, power);
  }

  /** The running period goes on, without any energy that is known. */
  wait(nowMs: number): void {
    const { current } = this;
    if (current !== undefined && holds(current, nowMs)) current.seenMs = Math.max(current.seenMs, nowMs);
  }

  /** Whether the period that holds this time, if one is kept, can be corrected by this. */
  canCorrect(counter: string, by: number, atMs: number): 'yes' | 'no such period' | 'less than nothing' {
    const totals = [this.current, this.last].find((each) => each !== undefined && holds(each, atMs));
    if (totals === undefined) return 'no such period';
    return (totals.counters[counter]?.added ?? 0) + by < 0 ? 'less than nothing' : 'yes';
  }

  /** Adds to a counter of the period that holds this time, and to the energy of a tariff period, or takes away. */
  correct(counter: string, by: number, atMs: number, tariff?: string): void {
    const totals = [this.current, this.last].find((each) => each !== undefined && holds(each, atMs));
    if (totals !== undefined) correct(totals, counter, by, tariff);
  }

  /** Ends the running period when its time is over, and begins the one that holds this time. */
  reach(timeMs: number): void {
    if (this.current === undefined || timeMs < this.current.endMs) return;
    this.last = this.current;
    const { ahead } = this;
    this.current = ahead !== undefined && holds(ahead, timeMs) ? ahead : this.begin(timeMs);
    if (ahead !== undefined && timeMs >= ahead.startMs) this.ahead = undefined;
  }

  /**
   * The wall clock was set to this time: what began before is marked, and goes on when its time is now. What lies ahead
   * waits for its time, so that no energy is lost.
   */
  clockWasSet(timeMs: number): void {
    const { current: running, last } = this;
    if (running === undefined) return;
    running.mark = CLOCK_WAS_SET;
    if (timeMs >= running.endMs) this.reach(timeMs);
    else if (timeMs < running.startMs) {
      this.ahead = running;
      this.current = last !== undefined && holds(last, timeMs) ? last : this.begin(timeMs);
      if (last === undefined || timeMs < last.endMs) this.last = undefined;
    }
    const now = this.current ?? running;
    now.seenMs = timeMs;
    now.mark = CLOCK_WAS_SET;
  }

  state(): PeriodTotalsState {
    const { current, last, ahead } = this;
    return {
      ...(current === undefined ? {} : { current: copyOf(current) }),
      ...(last === undefined ? {} : { last: copyOf(last) }),
      ...(ahead === undefined ? {} : { ahead: copyOf(ahead) }),
    };
  }

  private begin(timeMs: number): Totals {
    const { startMs, endMs } = this.zone.periodAt(this.period, timeMs);
    return newTotals(startMs, endMs, timeMs);
  }
}
