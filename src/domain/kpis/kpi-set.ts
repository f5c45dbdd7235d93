import { isRecord } from '../../support/expect';
import { EnergyDeltas, type EnergyDeltasSettings } from '../counters/energy-deltas';
import type { CounterQuestion, CounterRecord } from '../counters/records';
import type { CounterAnswer } from '../counters/track';
import type { Sample, Telemetry } from '../messages/telemetry';
import { WALL_TIMES, type ReadTimes } from '../time/read-times';
import { rowsOf, type KpiRow } from './kpi-rows';
import { KpiLines, type KpiLinesState } from './kpi-lines';
import type { KpiSettings } from './settings';

export interface KpiSetState extends KpiLinesState {
  readonly format: 'pm500.kpis/1';
  readonly counters: unknown;
}

/**
 * Energy deltas and KPIs of one meter. Feed it every telemetry of that meter in the order of time; it gives the derived
 * metrics that this telemetry changes.
 *
 * `state()` is plain JSON; a new set made with it goes on as if nothing had happened. Save it before what `update` gave
 * is sent on, so that a kill in between loses a delta rather than counting it twice.
 */
export class KpiSet {
  private readonly deltas: EnergyDeltas;
  private readonly energy: KpiLines;
  private readonly rows: readonly KpiRow[];

  constructor(
    private readonly settings: KpiSettings,
    counters: EnergyDeltasSettings = {},
    saved?: unknown,
  ) {
    const state = isRecord(saved) && saved['format'] === 'pm500.kpis/1' ? saved : {};
    this.deltas = new EnergyDeltas(counters, state['counters']);
    this.energy = new KpiLines(settings, state);
    this.rows = rowsOf(settings.kpis).filter(({ ofReading }) => ofReading !== undefined);
  }

  /**
   * The derived metrics, by name: a KPI is as good as the worst value that it was worked out from.
   * @param times where the samples lie in time, where that is more than their wall clock says
   * @param out gets them
   * @param tellsDeltas false: energy deltas are counted and not told
   */
  update(
    telemetry: Telemetry,
    times: ReadTimes = WALL_TIMES,
    out: Record<string, Sample> = {},
    tellsDeltas = true,
  ): Record<string, Sample> {
    for (const { metrics, ofReading } of this.rows) {
      const sample = ofReading?.(telemetry.metrics, this.settings);
      if (sample !== undefined && metrics[0] !== undefined) out[metrics[0]] = sample;
    }
    const deltas = this.deltas.update(telemetry, tellsDeltas ? out : {}, times);
    this.energy.update(deltas, times, out);
    if (deltas.length === 0 && this.deltas.isWaiting) this.energy.wait(telemetry.timestamp, times, out);
    return out;
  }

  /** What happened to counters since this was last asked. */
  takeRecords(): readonly CounterRecord[] {
    return this.deltas.book.takeNew();
  }

  /** The last things that happened to counters, the newest last. */
  get book(): readonly CounterRecord[] {
    return this.deltas.book.all;
  }

  /** What a person is asked about. */
  get questions(): readonly CounterQuestion[] {
    return this.deltas.questions;
  }

  /**
   * What a person says about counters that no load explains.
   * @returns how many questions this answers
   */
  answer(answer: CounterAnswer, nowMs: number, counter?: string): number {
    return this.deltas.answer(answer, nowMs, counter);
  }

  /**
   * Adds to what a counter is held to have counted in the periods of a time, or takes away.
   * @param by Wh or varh
   * @param at the time, by the wall clock, epoch milliseconds UTC
   * @returns false when no period that is kept holds that time, or less than nothing would be left; then nothing changes
   */
  correct(counter: string, by: number, at: number, nowMs: number, note?: string): boolean {
    if (!this.energy.correct(counter, by, at)) return false;
    const record = { event: 'corrected', counter, timestamp: nowMs, by, at } as const;
    this.deltas.book.write(note === undefined ? record : { ...record, note });
    return true;
  }

  state(): KpiSetState {
    return { format: 'pm500.kpis/1', counters: this.deltas.state(), ...this.energy.state() };
  }
}
