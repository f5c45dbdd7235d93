import { ALL_METRICS, periodMetricOf, tariffMetrics, type Period } from '../../metrics/derived-metrics';
import type { Unit } from '../../metrics/measurement';
import { isRecord } from '../../support/expect';
import type { EnergyDelta } from '../counters/energy-deltas';
import { derivedSample, TRUSTED, worseOf } from '../quality/judgment';
import { sampleOf } from '../quality/sample';
import { TariffClock } from '../tariff/tariff-clock';
import { Zone } from '../tariff/zone';
import type { Sample } from '../messages/telemetry';
import { readDemand, judgeSpread, type Demand, type DemandWindow } from './demand';
import { FixedDemand } from './fixed-demand';
import { powerFactorOf } from './formulas';
import { rowsOf, type KpiKey, type KpiRow } from './kpi-rows';
import { ACTIVE_IMPORT, type AddFigure, PeriodFacts, REACTIVE_IMPORT } from './period-facts';
import { PeriodTotals } from './period-totals';
import type { KpiSettings } from './settings';
import { SlidingDemand } from './sliding-demand';
import { DeltaCursor, type Piece } from './split';

const MS_PER_MINUTE = 60_000;
const UNITS: ReadonlyMap<string, Unit> = new Map(ALL_METRICS.map(({ name, unit }) => [name, unit]));

/** The metrics of a period that runs, or of the one that ended last, by the base of their names: put together once. */
class PeriodMetrics {
  private readonly byBase = new Map<string, { readonly name: string; readonly unit: Unit }>();

  constructor(
    private readonly period: Period,
    readonly isEnded: boolean,
    private readonly units: ReadonlyMap<string, Unit>,
  ) {}

  of(base: string): { readonly name: string; readonly unit: Unit } {
    let metric = this.byBase.get(base);
    if (metric === undefined) {
      const name = periodMetricOf(base, this.period, this.isEnded);
      metric = { name, unit: this.units.get(name) ?? '' };
      this.byBase.set(base, metric);
    }
    return metric;
  }
}

/** The KPIs that come from energies: demand, and the figures of days, months and years. */
export class EnergyKpis {
  private readonly rows: readonly KpiRow[];
  private readonly wanted: ReadonlySet<KpiKey>;
  private readonly zone: Zone;
  private readonly lengthMs: number;
  private readonly clock: TariffClock | undefined;
  private readonly active: DemandWindow;
  private readonly reactive: DemandWindow;
  private readonly periods: readonly PeriodTotals[];
  private readonly figures: readonly (readonly [PeriodTotals, PeriodMetrics])[];
  private readonly units: ReadonlyMap<string, Unit>;
  /** The last windows that ended. Both counters may come in readings of their own, so each waits for the other. */
  private lastActive: Demand | undefined;
  private lastReactive: Demand | undefined;
  private hasNewDemand = false;
  private hasNewFactor = false;
  private dayEndMs = Number.NaN;

  constructor(
    private readonly settings: KpiSettings,
    saved?: unknown,
  ) {
    const state = isRecord(saved) ? saved : {};
    const lengthMs = settings.demandMinutes * MS_PER_MINUTE;
    this.zone = new Zone(settings.timeZone);
    const { zone } = this;
    // A state of windows of another kind, length or place would mix two measures.
    const same = (['demandMinutes', 'demandWindow', 'timeZone'] as const).every((key) => state[key] === settings[key]);
    const windowOf = (was: unknown): DemandWindow =>
      settings.demandWindow === 'fixed'
        ? new FixedDemand(lengthMs, same ? was : undefined, zone)
        : new SlidingDemand(lengthMs, same ? was : undefined);
    this.active = windowOf(state['active']);
    this.reactive = windowOf(state['reactive']);
    this.lastActive = same ? readDemand(state['lastActive']) : undefined;
    this.lastReactive = same ? readDemand(state['lastReactive']) : undefined;
    this.lengthMs = lengthMs;
    this.rows = rowsOf(settings.kpis);
    this.wanted = new Set(settings.kpis);
    this.clock = settings.tariff === undefined ? undefined : new TariffClock(settings.tariff);
    const totals = isRecord(state['periods']) && state['timeZone'] === settings.timeZone ? state['periods'] : {};
    this.periods = settings.periods.map((period) => new PeriodTotals(period, zone, totals[period]));
    const own = settings.tariff?.periods.map(({ name }) => name) ?? [];
    this.units = own.length === 0 ? UNITS : new Map([...UNITS, ...tariffMetrics(own).map(unitOf)]);
    this.figures = this.periods.flatMap((totals) =>
      [false, true].map((isEnded) => [totals, new PeriodMetrics(totals.period, isEnded, this.units)] as const),
    );
  }

  /** Takes the deltas of one reading; what it ends and changes goes to `out`. */
  update(deltas: readonly EnergyDelta[], out: Record<string, Sample>): void {
    if (deltas.length === 0) return;
    const cursors = deltas.map((delta) => new DeltaCursor(delta));
    let [fromMs, nowMs, shownMs] = [Infinity, -Infinity, -Infinity];
    for (const delta of deltas) {
      fromMs = Math.min(fromMs, delta.fromMs);
      nowMs = Math.max(nowMs, delta.toMs);
      shownMs = Math.max(shownMs, delta.timestamp);
    }
    // At the start, and after a time without deltas: nothing happened on the days in between.
    if (!(this.dayEndMs > fromMs)) this.dayEndMs = this.zone.periodAt('day', fromMs).endMs;
    // After a time without deltas, as when a state is old, the energy belongs to the period that it began in.
    for (const totals of this.periods) totals.reach(fromMs);
    this.hasNewDemand = false;
    this.hasNewFactor = false;
    while (this.dayEndMs <= nowMs) {
      this.absorb(cursors, this.dayEndMs);
      for (const totals of this.periods) totals.reach(this.dayEndMs);
      this.dayEndMs = this.zone.periodAt('day', this.dayEndMs).endMs;
    }
    this.absorb(cursors, nowMs);
    this.report(nowMs, shownMs, out);
  }

  /** The wall clock was set, to this time: windows begin anew, and periods are marked. */
  clockWasSet(timeMs: number): void {
    this.active.clockWasSet((demand) => {
      for (const totals of this.periods) totals.addDemand(demand);
    });
    this.reactive.clockWasSet(() => undefined);
    this.lastActive = undefined;
    this.lastReactive = undefined;
    for (const totals of this.periods) totals.clockWasSet(timeMs);
    this.dayEndMs = Number.NaN;
  }

  /**
   * Counters were read at this time, but what they counted is not known (yet).
   * @param shownMs the time that the values carry
   */
  wait(nowMs: number, shownMs: number, out: Record<string, Sample>): void {
    if (!(nowMs < this.dayEndMs)) return;
    for (const totals of this.periods) totals.wait(nowMs);
    this.hasNewDemand = false;
    this.hasNewFactor = false;
    this.report(nowMs, shownMs, out);
  }

  /** True when a period that is kept holds this time, and what is left of each is not less than nothing. */
  canCorrect(counter: string, by: number, atMs: number): boolean {
    const all = this.periods.map((totals) => totals.canCorrect(counter, by, atMs));
    return all.includes('yes') && !all.includes('less than nothing');
  }

  /** Adds to what a counter is held to have counted at a time, or takes away: Wh or varh. */
  correct(counter: string, by: number, atMs: number): void {
    const tariff = counter === ACTIVE_IMPORT ? this.clock?.at(atMs).name : undefined;
    for (const totals of this.periods) totals.correct(counter, by, atMs, tariff);
  }

  /** Plain JSON to go on from. */
  state(): unknown {
    const { demandMinutes, demandWindow, timeZone } = this.settings;
    return {
      demandMinutes,
      demandWindow,
      timeZone,
      active: this.active.state(),
      reactive: this.reactive.state(),
      lastActive: this.lastActive,
      lastReactive: this.lastReactive,
      periods: Object.fromEntries(this.periods.map((totals) => [totals.period, totals.state()])),
    };
  }

  private absorb(cursors: readonly DeltaCursor[], untilMs: number): void {
    for (const cursor of cursors) {
      const piece = cursor.takeUntil(untilMs);
      if (piece === undefined) continue;
      for (const totals of this.periods) totals.add(piece);
      if (piece.counter === ACTIVE_IMPORT) {
        this.addToDemand(piece);
        this.addToTariff(piece);
      } else if (piece.counter === REACTIVE_IMPORT && piece.isPlaced) {
        this.reactive.add(piece, (demand) => {
          this.lastReactive = demand;
          this.hasNewFactor = true;
        });
      }
    }
  }

  private addToDemand(piece: Piece): void {
    const visit = (demand: Demand): void => {
      this.lastActive = demand;
      this.hasNewDemand = true;
      this.hasNewFactor = true;
      for (const totals of this.periods) totals.addDemand(demand);
    };
    const possible = piece.isPlaced ? this.active.add(piece, visit) : this.active.skip(piece, visit);
    if (possible > 0) for (const totals of this.periods) totals.addPossible(possible, piece.fromMs);
  }

  private addToTariff(piece: Piece): void {
    const { clock } = this;
    if (clock === undefined) return;
    const isSpread = this.isSpreadOverEdge(piece, clock);
    const cursor = new DeltaCursor(piece);
    for (let atMs = piece.fromMs; ;) {
      const { name, untilMs } = clock.at(atMs);
      const part = cursor.takeUntil(untilMs);
      if (part === undefined) return;
      for (const totals of this.periods) totals.addTariff(name, part.added, part.fromMs, isSpread);
      if (part.toMs >= piece.toMs) return;
      atMs = part.toMs;
    }
  }

  /** True when the price changed at a time that lies too far from any reading. */
  private isSpreadOverEdge(piece: Piece, clock: TariffClock): boolean {
    const { fromMs, toMs } = piece.whole ?? piece;
    if (judgeSpread(TRUSTED, toMs - fromMs, this.lengthMs) === TRUSTED) return false;
    const { name } = clock.at(fromMs);
    for (let atMs = fromMs; atMs < toMs; atMs = clock.at(atMs).untilMs) if (clock.at(atMs).name !== name) return true;
    return false;
  }

  /** @param shownMs the time that the values carry: that of the reading */
  private report(nowMs: number, shownMs: number, out: Record<string, Sample>): void {
    const put = (name: string, value: number, judgment: Demand['judgment']): void => {
      out[name] = derivedSample(value, this.units.get(name) ?? '', shownMs, judgment);
    };
    const [active, reactive] = [this.lastActive, this.lastReactive];
    if (active !== undefined && this.wanted.has('demand')) {
      if (this.hasNewDemand) {
        put('interval_demand', active.value, active.judgment);
        put('interval_demand_time', active.endMs, active.judgment);
      }
      if (this.hasNewFactor && reactive?.endMs === active.endMs) {
        const factor = powerFactorOf(active.value, reactive.value);
        put('interval_power_factor', factor, worseOf(active.judgment, reactive.judgment));
      }
    }
    if (this.clock !== undefined && this.wanted.has('tariff_energy')) {
      const { name } = this.clock.at(nowMs);
      out['tariff_period'] = sampleOf(name, '', 'good', undefined, 'verified', shownMs);
    }
    for (const [{ current, last }, metrics] of this.figures) {
      const totals = metrics.isEnded ? last : current;
      if (totals === undefined) continue;
      const spanMs = (metrics.isEnded ? totals.endMs : totals.seenMs) - totals.startMs;
      const facts = new PeriodFacts(totals, spanMs, this.settings);
      const add: AddFigure = (base, value, judgment) => {
        const { name, unit } = metrics.of(base);
        out[name] = derivedSample(value, unit, shownMs, judgment);
      };
      for (const { ofPeriod } of this.rows) ofPeriod?.(facts, add);
    }
  }
}

function unitOf({ name, unit }: { readonly name: string; readonly unit: Unit }): readonly [string, Unit] {
  return [name, unit];
}
