import type { Metric } from '../meter/measurement';
import type { CatalogNumber } from '../meter/identity';
import type { Value } from '../domain/reading';
import { seededRandom } from '../support/random';
import { countersSince, drawStartReadings } from './counters';
import { averageDemand, demandIntervalBefore } from './demand';
import { LoadCurve } from './load-curve';
import type { LoadProfile, LoadTotals } from './load-profile';
import { Maxima } from './maxima';
import { productTexts } from './product';
import { deriveStates } from './states';
import { Supply } from './supply';

export interface MeterModelOptions {
  readonly model: CatalogNumber;
  readonly serialNumber: number;
  /** Draws voltages, unbalance, start readings and how the load moves inside its intervals. */
  readonly seed: number;
  readonly load: LoadProfile;
  /** Simulated time at which the run begins, epoch milliseconds; by default the load's own. */
  readonly startMs?: number;
}

type Values = Readonly<Record<string, Value>>;
type Numbers = Readonly<Record<string, number>>;

/** The parts of a meter that are worked out together. */
export type Section = 'instant' | 'maximum' | 'demand' | 'counters' | 'states' | 'texts';
export const SECTIONS: readonly Section[] = ['instant', 'maximum', 'demand', 'counters', 'states', 'texts'];

/** Phase sequence L1-L2-L3. The coding of this meter is not known; sister products give 0, and -1 for L1-L3-L2. */
const PHASE_SEQUENCE = 0;
/** A demand alarm at this share of the demand that the feeder was built for. */
const DEMAND_LIMIT_SHARE = 0.7;

/** Where the value of a metric comes from. */
export function sectionOf(metric: Metric): Section {
  if (metric.kind === 'text') return 'texts';
  if (metric.kind === 'state') return 'states';
  if (metric.statistic === 'total') return 'counters';
  return metric.statistic === 'maximum' || metric.statistic === 'demand' ? metric.statistic : 'instant';
}

function withPrefix(prefix: string, values: Numbers): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}_${name}`, value]));
}

/**
 * A PowerMonitor 500 on a three-phase four-wire feeder. Its values follow from one load and one supply, so that they fit
 * each other as those of a real meter do; all but the maxima are a function of simulated time alone.
 */
export class MeterModel {
  readonly startMs: number;
  readonly model: CatalogNumber;
  readonly serialNumber: number;
  private readonly curve: LoadCurve;
  private readonly supply: Supply;
  private readonly startReadings: Numbers;
  private readonly startTotals: LoadTotals;
  private readonly maxima: Maxima;
  private readonly texts: Values;
  private lastInstant: { readonly timeMs: number; readonly values: Numbers } | undefined;
  private lastDemand: { readonly startMs: number; readonly values: Numbers } | undefined;

  constructor(options: MeterModelOptions) {
    const { model, serialNumber, seed, load } = options;
    this.model = model;
    this.serialNumber = serialNumber;
    this.startMs = options.startMs ?? load.startMs;
    this.curve = new LoadCurve(load, seed);
    this.supply = new Supply(model, load.peakVa, seed);
    this.startReadings = drawStartReadings(seededRandom(~seed));
    this.startTotals = this.curve.totalAt(this.startMs);
    this.maxima = new Maxima((timeMs) => this.measure(timeMs), this.startMs);
    this.texts = productTexts(model, serialNumber);
  }

  /** Net active power of all phases at simulated time `timeMs`, W. */
  activePowerAt(timeMs: number): number {
    return this.curve.powerAt(timeMs).activeW;
  }

  /** Values of one section at simulated time `timeMs`, by metric name, in catalogue units. */
  section(section: Section, timeMs: number): Values {
    switch (section) {
      case 'instant':
        return { ...this.instantAt(timeMs), phase_sequence: PHASE_SEQUENCE };
      case 'maximum':
        this.instantAt(timeMs);
        return withPrefix('max', this.maxima.at(timeMs));
      case 'demand':
        return withPrefix('demand', this.demandAt(timeMs));
      case 'counters':
        return countersSince(this.startReadings, this.startTotals, this.curve.totalAt(timeMs));
      case 'states':
        return this.statesAt(timeMs);
      case 'texts':
        return this.texts;
    }
  }

  /** Every metric of the catalogue at simulated time `timeMs`, in catalogue units. */
  valuesAt(timeMs: number): Record<string, Value> {
    const values: Record<string, Value> = {};
    for (const section of SECTIONS) Object.assign(values, this.section(section, timeMs));
    return values;
  }

  private measure(timeMs: number): Numbers {
    return this.supply.measure(this.curve.powerAt(timeMs), timeMs);
  }

  private instantAt(timeMs: number): Numbers {
    if (this.lastInstant?.timeMs !== timeMs) {
      this.lastInstant = { timeMs, values: this.measure(timeMs) };
      this.maxima.note(this.lastInstant.values);
    }
    return this.lastInstant.values;
  }

  private demandAt(timeMs: number): Numbers {
    const startMs = demandIntervalBefore(timeMs);
    if (this.lastDemand?.startMs !== startMs) {
      this.lastDemand = { startMs, values: averageDemand(this.curve, this.supply, startMs) };
    }
    return this.lastDemand.values;
  }

  private statesAt(timeMs: number): Values {
    const { ratedAmperes, nominalVolts } = this.supply;
    return deriveStates(
      {
        instant: this.instantAt(timeMs),
        demand: this.demandAt(timeMs),
        demandLimitW: DEMAND_LIMIT_SHARE * 3 * ratedAmperes * nominalVolts,
        ratedAmperes,
        nominalVolts,
      },
      this.model,
    );
  }
}
