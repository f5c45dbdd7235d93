import type { Tariff } from '../tariff/tariff';
import { TRUSTED, worseOf, type Judgment } from '../quality/judgment';
import { INCOMPLETE } from './demand';
import { peakJudgment, type CounterTotal, type Totals } from './totals';

export const ACTIVE_IMPORT = 'active_energy_import_total';
export const REACTIVE_IMPORT = 'reactive_energy_import_total';

/** What KPIs depend on besides measured values. */
export interface KpiParameters {
  /** kvarh per kWh that are free; the tangent of the angle that the contract allows. */
  readonly tanPhi: number;
  readonly co2KgPerKwh: number;
  /** Means at or below are too small for an unbalance, V and A. */
  readonly minimumVolts: number;
  readonly minimumAmperes: number;
  readonly tariff?: Tariff;
}

/**
 * Takes one figure of a period.
 * @param base of the metric's name
 * @param value NaN where the formula has no result
 */
export type AddFigure = (base: string, value: number, judgment: Judgment) => void;

/** Something that is known of a period, and how far. */
interface Known {
  readonly value: number;
  readonly judgment: Judgment;
}

/** What is known of one period, as the formulas of KPIs want it. */
export class PeriodFacts {
  /** Active energy import, Wh, as good as it is known for all of the time; absent when nothing is known of it. */
  readonly active: (Known & { readonly coveredMs: number }) | undefined;
  /** Reactive energy import, varh, as good as the worse of the two energies. */
  readonly reactive: Known | undefined;
  /** The largest demand, W, as good as the worse of itself and the active energy. */
  readonly peak: (Known & { readonly endMs: number }) | undefined;

  /** @param spanMs the time from the beginning of the period that the figures are for */
  constructor(
    readonly totals: Totals,
    readonly spanMs: number,
    readonly parameters: KpiParameters,
  ) {
    const { counters, peak } = totals;
    const active = counters[ACTIVE_IMPORT];
    if (active === undefined) return;
    const known = this.judge(active);
    this.active = { value: active.added, coveredMs: active.coveredMs, judgment: known };
    const reactive = counters[REACTIVE_IMPORT];
    if (reactive !== undefined) {
      this.reactive = { value: reactive.added, judgment: worseOf(known, this.judge(reactive)) };
    }
    if (peak !== undefined) {
      this.peak = { value: peak.value, endMs: peak.endMs, judgment: worseOf(peakJudgment(totals, peak), known) };
    }
  }

  /** Uncertain when energy is unknown for a part of the time, or when the clock was set in it. */
  judge({ judgment, coveredMs }: CounterTotal): Judgment {
    const known = worseOf(judgment, this.totals.mark ?? TRUSTED);
    return coveredMs >= this.spanMs ? known : worseOf(known, INCOMPLETE);
  }

  /** Wh of active import while a tariff period held. */
  tariffEnergy(name: string): number {
    const { tariff } = this.totals;
    return Object.hasOwn(tariff, name) ? (tariff[name] ?? 0) : 0;
  }

  /** How far what depends on tariff periods is known. */
  tariffJudgment(ofPeriod: Judgment): Judgment {
    return worseOf(ofPeriod, this.totals.tariffMark ?? TRUSTED);
  }
}
