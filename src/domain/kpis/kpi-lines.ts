import { isRecord } from '../../support/expect';
import type { EnergyDelta } from '../counters/energy-deltas';
import type { Sample } from '../messages/telemetry';
import type { ReadTimes, TimeLine } from '../time/read-times';
import { EnergyKpis } from './energy-kpis';
import type { KpiSettings } from './settings';

export interface KpiLinesState {
  /** The time line that counts, and its KPIs. */
  readonly lineId: number;
  readonly energy: unknown;
  /** Those of the other lines, by their ids. */
  readonly others?: Readonly<Record<string, unknown>>;
}

const FIRST_LINE = 0;

/**
 * The KPIs of energies by each belief about the wall clock. When it is set, the KPIs by the new time go on from those by
 * the old, and both are kept: only those of the line that counts are told, and after a clock that was set back they are
 * as if nothing had happened.
 */
export class KpiLines {
  private readonly byId = new Map<number, EnergyKpis>();
  private counting: { readonly id: number; readonly kpis: EnergyKpis };

  /** @param saved what `state()` gave, or part of it */
  constructor(
    private readonly settings: KpiSettings,
    saved: Readonly<Record<string, unknown>>,
  ) {
    const { lineId, energy, others } = saved;
    const id = typeof lineId === 'number' ? lineId : FIRST_LINE;
    this.counting = { id, kpis: new EnergyKpis(settings, energy) };
    this.byId.set(id, this.counting.kpis);
    if (!isRecord(others)) return;
    for (const [other, state] of Object.entries(others)) this.byId.set(Number(other), new EnergyKpis(settings, state));
  }

  /** Takes the deltas of one reading; what changes goes to `out`. */
  update(deltas: readonly EnergyDelta[], times: ReadTimes, out: Record<string, Sample>): void {
    this.adopt(times);
    if (deltas.length === 0) return;
    for (const line of times.lines) {
      const isCounting = line.id === times.countsId;
      const told = isCounting ? out : {};
      this.byId.get(line.id)?.update(shift(deltas, line, isCounting && times.isDoubtful), told);
    }
  }

  /** Counters were read, but what they counted is not known (yet): totals are told for what they are. */
  wait(timestamp: number, times: ReadTimes, out: Record<string, Sample>): void {
    const line = times.lines.find(({ id }) => id === times.countsId);
    const atMs = times.axisOf(timestamp);
    if (line !== undefined && atMs !== undefined) this.counting.kpis.wait(atMs + line.offsetMs, timestamp, out);
  }

  /** @returns false when no period that is kept holds that time, or less than nothing would be left */
  correct(counter: string, by: number, atMs: number): boolean {
    if (!this.counting.kpis.canCorrect(counter, by, atMs)) return false;
    for (const kpis of this.byId.values()) kpis.correct(counter, by, atMs);
    return true;
  }

  state(): KpiLinesState {
    const { id, kpis } = this.counting;
    const others = [...this.byId].filter(([other]) => other !== id).map(([other, each]) => [other, each.state()]);
    const state = { lineId: id, energy: kpis.state() };
    return others.length === 0 ? state : { ...state, others: Object.fromEntries(others) as Record<string, unknown> };
  }

  /** Keeps one set of KPIs for each line: a new line begins with what was counted up to now. */
  private adopt({ lines, countsId, atMs }: ReadTimes): void {
    if (
      lines.length === this.byId.size &&
      countsId === this.counting.id &&
      lines.every(({ id }) => this.byId.has(id))
    ) {
      return;
    }
    for (const { id, offsetMs } of lines) {
      if (this.byId.has(id)) continue;
      const kpis = new EnergyKpis(this.settings, this.counting.kpis.state());
      kpis.clockWasSet(atMs + offsetMs);
      this.byId.set(id, kpis);
    }
    const kpis = this.byId.get(countsId);
    if (kpis === undefined) return;
    this.counting = { id: countsId, kpis };
    for (const id of [...this.byId.keys()]) if (!lines.some((line) => line.id === id)) this.byId.delete(id);
  }
}

/** Deltas by the wall clock of a line. What is told while the clock shows something else carries the time of the line. */
function shift(
  deltas: readonly EnergyDelta[],
  { beforeMs, offsetMs }: TimeLine,
  isDoubtful: boolean,
): readonly EnergyDelta[] {
  if (beforeMs === 0 && offsetMs === 0 && !isDoubtful) return deltas;
  return deltas.map((delta) => {
    const toMs = delta.toMs + offsetMs;
    const fromMs = delta.fromMs === delta.toMs ? toMs : Math.min(delta.fromMs + beforeMs, toMs);
    return { ...delta, fromMs, toMs, timestamp: isDoubtful ? toMs : delta.timestamp };
  });
}
