import { ALL_METRICS, periodMetricOf, tariffMetrics } from '../../meter/derived-metrics';
import type { Unit } from '../../meter/measurement';
import { isRecord } from '../../support/expect';
import type { EnergyDelta } from '../counters/energy-deltas';
import { derivedSample, worseOf } from '../judgement';
import { TariffClock } from '../tariff/tariff-clock';
import { Zone } from '../tariff/zone';
import type { Sample } from '../telemetry';
import { FixedDemand, SlidingDemand, type Demand, type DemandWindow } from './demand';
import { ACTIVE_IMPORT, figuresOf, powerFactorOf, REACTIVE_IMPORT } from './figures';
import type { KpiKey } from './kpi-rows';
import { PeriodTotals } from './period-totals';
import type { KpiSettings } from './settings';
import { DeltaCursor, type Piece } from './split';

const MS_PER_MINUTE = 60_000;
const UNITS: ReadonlyMap<string, Unit> = new Map(ALL_METRICS.map(({ name, unit }) => [name, unit]));

/** The KPIs that come from energies: demand, and the figures of days, months and years. */
export class EnergyKpis {
  private readonly wanted: ReadonlySet<KpiKey>;
  private readonly zone: Zone;
  private readonly clock: TariffClock | undefined;
  private readonly active: DemandWindow;
  private readonly reactive: DemandWindow;
  private readonly periods: readonly PeriodTotals[];
  private readonly units: ReadonlyMap<string, Unit>;
  private lastActive: Demand | undefined;
  private lastReactive: Demand | undefined;
  private dayEndMs = Number.NaN;

  constructor(
    private readonly settings: KpiSettings,
    saved?: unknown,
  ) {
    const state = isRecord(saved) ? saved : {};
    const lengthMs = settings.demandMinutes * MS_PER_MINUTE;
    const Window = settings.demandWindow === 'fixed' ? FixedDemand : SlidingDemand;
    // A state of windows of another kind or length would mix two measures.
    const same = state['demandMinutes'] === settings.demandMinutes && state['demandWindow'] === settings.demandWindow;
    this.active = new Window(lengthMs, same ? state['active'] : undefined);
    this.reactive = new Window(lengthMs, same ? state['reactive'] : undefined);
    this.wanted = new Set(settings.kpis);
    this.zone = new Zone(settings.timeZone);
    this.clock = settings.tariff === undefined ? undefined : new TariffClock(settings.tariff);
    const totals = isRecord(state['periods']) && state['timeZone'] === settings.timeZone ? state['periods'] : {};
    this.periods = settings.periods.map((period) => new PeriodTotals(period, this.zone, totals[period]));
    const own = settings.tariff?.periods.map(({ name }) => name) ?? [];
    this.units = own.length === 0 ? UNITS : new Map([...UNITS, ...tariffMetrics(own).map(unitOf)]);
  }

  /** Takes the deltas of one reading; what it ends and changes goes to `out`. */
  update(deltas: readonly EnergyDelta[], out: Record<string, Sample>): void {
    if (deltas.length === 0) return;
    const cursors = deltas.map((delta) => new DeltaCursor(delta));
    const nowMs = Math.max(...deltas.map(({ toMs }) => toMs));
    const fromMs = Math.min(...deltas.map((delta) => delta.fromMs));
    // At the start, and after a time without deltas: nothing happened on the days in between.
    if (!(this.dayEndMs > fromMs)) this.dayEndMs = this.zone.periodAt('day', fromMs).endMs;
    // After a time without deltas, as when a state is old, the energy belongs to the period that it began in.
    for (const totals of this.periods) totals.reach(fromMs);
    this.lastActive = undefined;
    this.lastReactive = undefined;
    while (this.dayEndMs <= nowMs) {
      this.absorb(cursors, this.dayEndMs);
      for (const totals of this.periods) totals.reach(this.dayEndMs);
      this.dayEndMs = this.zone.periodAt('day', this.dayEndMs).endMs;
    }
    this.absorb(cursors, nowMs);
    this.report(nowMs, out);
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
      periods: Object.fromEntries(this.periods.map((totals) => [totals.period, totals.state()])),
    };
  }

  private absorb(cursors: readonly DeltaCursor[], untilMs: number): void {
    for (const cursor of cursors) {
      const piece = cursor.takeUntil(untilMs);
      if (piece === undefined) continue;
      for (const totals of this.periods) totals.add(piece);
      if (piece.counter === ACTIVE_IMPORT) {
        this.active.add(piece, (demand) => {
          this.lastActive = demand;
          for (const totals of this.periods) totals.addDemand(demand);
        });
        this.addToTariff(piece);
      } else if (piece.counter === REACTIVE_IMPORT) {
        this.reactive.add(piece, (demand) => (this.lastReactive = demand));
      }
    }
  }

  private addToTariff(piece: Piece): void {
    if (this.clock === undefined) return;
    const cursor = new DeltaCursor(piece);
    for (let atMs = piece.fromMs; atMs < piece.toMs;) {
      const { name, untilMs } = this.clock.at(atMs);
      const added = cursor.takeUntil(untilMs)?.added ?? 0;
      for (const totals of this.periods) totals.addTariff(name, added);
      atMs = untilMs;
    }
  }

  private report(nowMs: number, out: Record<string, Sample>): void {
    const put = (name: string, value: number, judgement: Demand['judgement']): void => {
      out[name] = derivedSample(value, this.units.get(name) ?? '', nowMs, judgement);
    };
    const [active, reactive] = [this.lastActive, this.lastReactive];
    if (active !== undefined && this.wanted.has('demand')) {
      put('interval_demand', active.value, active.judgement);
      put('interval_demand_time', active.endMs, active.judgement);
      if (reactive?.endMs === active.endMs) {
        const factor = powerFactorOf(active.value, reactive.value);
        put('interval_power_factor', factor, worseOf(active.judgement, reactive.judgement));
      }
    }
    if (this.clock !== undefined && this.wanted.has('tariff_energy')) {
      const { name } = this.clock.at(nowMs);
      const judgement = { quality: 'good', provenance: 'verified' } as const;
      out['tariff_period'] = { value: name, unit: '', timestamp: nowMs, ...judgement };
    }
    for (const { period, current, last } of this.periods) {
      for (const ended of [false, true]) {
        const totals = ended ? last : current;
        if (totals === undefined) continue;
        const spanMs = (ended ? totals.endMs : totals.seenMs) - totals.startMs;
        for (const { base, value, judgement } of figuresOf(totals, spanMs, this.wanted, this.settings)) {
          put(periodMetricOf(base, period, ended), value, judgement);
        }
      }
    }
  }
}

function unitOf({ name, unit }: { readonly name: string; readonly unit: Unit }): readonly [string, Unit] {
  return [name, unit];
}
