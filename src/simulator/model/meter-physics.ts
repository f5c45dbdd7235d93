import type { CatalogNumber } from '../../meters/meter-model';
import type { Metric } from '../../metrics/measurement';
import type { Value } from '../../domain/messages/reading';
import { seededRandom } from '../../support/random';
import { countersSince, startReadings } from './counters';
import { averageDemand, demandIntervalBefore } from './demand';
import { Disturbances } from './disturbances';
import { LoadCurve } from './load-curve';
import { addTotals, NO_ENERGY, type LoadProfile, type LoadTotals } from './load-profile';
import { Maxima } from './maxima';
import { productTexts } from './product';
import { deriveStates } from './states';
import { Supply } from './supply';

export interface MeterPhysicsOptions {
  readonly catalogEntry: CatalogNumber;
  readonly serialNumber: number;
  /** Draws voltages, unbalance, start readings and how the load moves inside its intervals. */
  readonly seed: number;
  readonly load: LoadProfile;
  /** Where all energy counters begin, kWh and kvarh; default: drawn from the seed. */
  readonly startKwh?: number;
  /** Name of the candidate that the energy counters are sent as; default: what the working layout says of it. */
  readonly energyLayout?: string;
  /** Simulated time at which the run begins, epoch milliseconds; by default the load's own. */
  readonly startMs?: number;
}

type PhysicalValues = Readonly<Record<string, Value>>;
type PhysicalNumbers = Readonly<Record<string, number>>;

/** The parts of a meter that are worked out together. */
export const SECTIONS = ['instant', 'maximum', 'demand', 'counters', 'states', 'texts'] as const;
export type Section = (typeof SECTIONS)[number];

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

function withPrefix(prefix: string, values: PhysicalNumbers): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}_${name}`, value]));
}

/**
 * A meter on a three-phase four-wire feeder. Its values follow from one load and one supply, so that they fit
 * each other as those of a real meter do; all but the maxima are a function of simulated time alone.
 */
export class MeterPhysics {
  readonly startMs: number;
  readonly catalogEntry: CatalogNumber;
  /** What is wrong with the feeder. */
  readonly disturbances: Disturbances;
  private serial: number;
  readonly curve: LoadCurve;
  readonly supply: Supply;
  private startReadings: PhysicalNumbers;
  private readonly startTotals: LoadTotals;
  private maxima: Maxima;
  private texts: PhysicalValues;
  private lastInstant: { readonly timeMs: number; readonly values: PhysicalNumbers } | undefined;
  private lastDemand: { readonly startMs: number; readonly values: PhysicalNumbers } | undefined;

  constructor(options: MeterPhysicsOptions) {
    const { catalogEntry, serialNumber, seed, load } = options;
    this.catalogEntry = catalogEntry;
    this.serial = serialNumber;
    this.startMs = options.startMs ?? load.startMs;
    this.curve = new LoadCurve(load, seed);
    this.supply = new Supply(catalogEntry, load.peakVa, seed);
    this.disturbances = new Disturbances(this.curve, (timeMs) => this.supply.sharesAt(timeMs));
    this.startReadings = startReadings(seededRandom(~seed), options.startKwh);
    this.startTotals = this.curve.totalAt(this.startMs);
    this.maxima = this.maximaFrom(this.startMs);
    this.texts = productTexts(catalogEntry, serialNumber);
  }

  get serialNumber(): number {
    return this.serial;
  }

  /** Net active power of all phases at simulated time `timeMs`, W. */
  activePowerAt(timeMs: number): number {
    const shares = this.supply.sharesAt(timeMs).active;
    const lost = shares.reduce((sum, share, phase) => sum + (this.disturbances.isLost(phase, timeMs) ? share : 0), 0);
    return this.curve.powerAt(timeMs).activeW * (1 - lost);
  }

  /** A disturbance begins or ends: what was worked out for this moment holds no longer. */
  disturb(change: (disturbances: Disturbances) => void): void {
    change(this.disturbances);
    this.lastInstant = undefined;
    this.lastDemand = undefined;
  }

  /** Sets counters, by metric name, to what they shall show at simulated time `timeMs`. */
  setCounters(targets: PhysicalNumbers, timeMs: number): void {
    const now = this.flownAt(timeMs);
    const flown = countersSince(Object.fromEntries(Object.keys(targets).map((name) => [name, 0])), NO_ENERGY, now);
    this.startReadings = {
      ...this.startReadings,
      ...Object.fromEntries(Object.entries(targets).map(([name, value]) => [name, value - (flown[name] ?? 0)])),
    };
  }

  /** Names of the counters. */
  get counterNames(): readonly string[] {
    return Object.keys(this.startReadings);
  }

  /** Another meter of the same kind takes its place: its counters and maxima begin now. */
  replace(serialNumber: number, timeMs: number): void {
    this.serial = serialNumber;
    this.texts = productTexts(this.catalogEntry, serialNumber);
    this.setCounters(Object.fromEntries(this.counterNames.map((name) => [name, 0])), timeMs);
    this.maxima = this.maximaFrom(timeMs);
  }

  /** Values of one section at simulated time `timeMs`, by metric name, in catalog units. */
  section(section: Section, timeMs: number): PhysicalValues {
    switch (section) {
      case 'instant':
        return { ...this.instantAt(timeMs), phase_sequence: this.sequenceAt(timeMs) };
      case 'maximum':
        this.instantAt(timeMs);
        return withPrefix('max', this.maxima.at(timeMs));
      case 'demand':
        return withPrefix('demand', this.demandAt(timeMs));
      case 'counters':
        return countersSince(this.startReadings, NO_ENERGY, this.flownAt(timeMs));
      case 'states':
        return this.statesAt(timeMs);
      case 'texts':
        return this.texts;
    }
  }

  /** Every metric of the catalog at simulated time `timeMs`, in catalog units. */
  valuesAt(timeMs: number): Record<string, Value> {
    const values: Record<string, Value> = {};
    for (const section of SECTIONS) Object.assign(values, this.section(section, timeMs));
    return values;
  }

  private measure(timeMs: number): PhysicalNumbers {
    return this.supply.measure(this.curve.powerAt(timeMs), timeMs, this.disturbances);
  }

  private maximaFrom(startMs: number): Maxima {
    return new Maxima((timeMs) => this.measure(timeMs), startMs);
  }

  private sequenceAt(timeMs: number): number {
    return this.disturbances.isReversed(timeMs) ? -1 : PHASE_SEQUENCE;
  }

  /** What has flowed through the meter from the start of the run to simulated time `timeMs`. */
  private flownAt(timeMs: number): LoadTotals {
    const carried = addTotals(this.curve.totalAt(timeMs), this.startTotals, -1);
    return addTotals(carried, this.disturbances.missedUntil(timeMs), -1);
  }

  private instantAt(timeMs: number): PhysicalNumbers {
    if (this.lastInstant?.timeMs !== timeMs) {
      this.lastInstant = { timeMs, values: this.measure(timeMs) };
      this.maxima.note(this.lastInstant.values);
    }
    return this.lastInstant.values;
  }

  private demandAt(timeMs: number): PhysicalNumbers {
    const startMs = demandIntervalBefore(timeMs);
    if (this.lastDemand?.startMs !== startMs) {
      this.lastDemand = { startMs, values: averageDemand(this, startMs) };
    }
    return this.lastDemand.values;
  }

  private statesAt(timeMs: number): PhysicalValues {
    const { ratedAmperes, nominalVolts } = this.supply;
    return deriveStates(
      {
        instant: this.instantAt(timeMs),
        demand: this.demandAt(timeMs),
        demandLimitW: DEMAND_LIMIT_SHARE * 3 * ratedAmperes * nominalVolts,
        ratedAmperes,
        nominalVolts,
      },
      this.catalogEntry,
    );
  }
}
