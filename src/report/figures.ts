import { kilowattHours, loadFactorOf, powerFactorOf } from '../domain/kpis/formulas';
import {
  ENERGY_KEYS,
  isLoadRead,
  NO_ENERGY,
  QUARTER_MS,
  type Energies,
  type EnergyKey,
  type LoadQuarter,
} from './load-profile';
import { HOUR_MS } from './period';

const QUARTERS_PER_HOUR = HOUR_MS / QUARTER_MS;

/** A demand window as the KPIs gave it. */
export interface StoredDemand {
  /** W. */
  readonly watts: number;
  /** End of the window, epoch milliseconds UTC. */
  readonly endMs: number;
  readonly isGood: boolean;
}

export interface PeakDemand extends StoredDemand {
  /** Whether it is of the demand windows of the KPIs, or of the energies of quarters of an hour. */
  readonly of: 'windows' | 'quarters';
}

/** Figures of the load of one meter in one period. A figure that cannot be told is absent. */
export interface LoadFigures {
  readonly energies: Energies;
  /** Energies of which the period has nothing at all: they are 0 above, and not known. */
  readonly absent: readonly EnergyKey[];
  /** Percent of the time with figures in which an energy is known; only those with less than all of it, and more than nothing. */
  readonly shares: Readonly<Partial<Record<EnergyKey, number>>>;
  /** Percent of that time from which the power factor is: active and reactive import are both known. */
  readonly powerFactorShare: number;
  /** Percent of the quarters of an hour in which the meter was read. */
  readonly coverage: number;
  /** Percent of the time of which the energy is known, estimated quarters included. */
  readonly known: number;
  /** Wh of the active import that was spread over gaps, and that has quality uncertain (those spread included). */
  readonly estimatedImport: number;
  readonly uncertainImport: number;
  readonly peak?: PeakDemand;
  /** True where the meter was read, and some time is in no demand window: the KPI was switched on later, for instance. */
  readonly areWindowsMissing: boolean;
  /** Percent. */
  readonly loadFactor?: number;
  readonly powerFactor?: number;
  /** Mean active demand over the known time, W. */
  readonly meanWatts: number;
  /** Mean reactive power, var, that compensation would have had to give for the power factor of the contract. */
  readonly compensationVar?: number;
}

/** What a contract or a person sets. */
export interface LoadLimits {
  /** varh per Wh that are free. */
  readonly tanPhi?: number;
}

function sumOf(quarters: readonly LoadQuarter[]): Energies {
  const sum = { ...NO_ENERGY };
  for (const quarter of quarters) for (const key of ENERGY_KEYS) sum[key] += quarter[key];
  return sum;
}

/** Of the windows that end within the time; else of the quarters, where all around was measured. */
function peakOf(quarters: readonly LoadQuarter[], demands: readonly StoredDemand[]): PeakDemand | undefined {
  const highest = demands.reduce<StoredDemand | undefined>(
    (peak, demand) => (peak === undefined || demand.watts > peak.watts ? demand : peak),
    undefined,
  );
  if (highest !== undefined) return { ...highest, of: 'windows' };
  let peak: PeakDemand | undefined;
  for (const quarter of quarters) {
    const { startMs, activeImport, uncertainImport } = quarter;
    const watts = activeImport * QUARTERS_PER_HOUR;
    if (!isLoadRead(quarter) || (peak !== undefined && watts <= peak.watts)) continue;
    peak = { watts, endMs: startMs + QUARTER_MS, isGood: uncertainImport === 0, of: 'quarters' };
  }
  return peak;
}

const ALLOWED_STEPS = 2;

/** Whether each quarter that was measured is followed by the end of a demand window, as soon as these usually end. */
function haveAllWindows(quarters: readonly LoadQuarter[], demands: readonly StoredDemand[]): boolean {
  const ends = demands.map(({ endMs }) => endMs).sort((left, right) => left - right);
  const steps = ends.slice(1).map((end, place) => end - (ends[place] ?? end));
  const usual = steps.sort((left, right) => left - right)[Math.floor(steps.length / 2)] ?? 0;
  const latest = ALLOWED_STEPS * Math.max(QUARTER_MS, usual);
  let place = 0;
  return quarters.every((quarter) => {
    if (!isLoadRead(quarter)) return true;
    const { startMs } = quarter;
    while (place < ends.length && (ends[place] ?? 0) <= startMs) place += 1;
    const end = ends[place];
    return end !== undefined && end <= startMs + latest;
  });
}

const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined);
const percentOf = (part: number, whole: number): number => (100 * part) / whole;
const has =
  (...keys: readonly EnergyKey[]) =>
  ({ unknown }: LoadQuarter): boolean =>
    !keys.some((key) => unknown.includes(key));

/** What active and reactive import say together: of the quarters in which both are known, and of no others. */
function reactiveFigures(
  known: readonly LoadQuarter[],
  { tanPhi }: LoadLimits,
): Pick<LoadFigures, 'powerFactor' | 'compensationVar' | 'powerFactorShare'> {
  const both = known.filter(has('activeImport', 'reactiveImport'));
  const { activeImport, reactiveImport } = sumOf(both);
  const powerFactor = finite(powerFactorOf(activeImport, reactiveImport));
  const hours = both.length / QUARTERS_PER_HOUR;
  return {
    powerFactorShare: percentOf(both.length, known.length),
    ...(powerFactor === undefined ? {} : { powerFactor }),
    ...(tanPhi === undefined || both.length === 0
      ? {}
      : { compensationVar: Math.max(0, reactiveImport - tanPhi * activeImport) / hours }),
  };
}

/**
 * @param quarters of the period, all of them
 * @param demands whose windows end within it
 * @returns undefined where nothing is known of the period
 */
export function loadFigures(
  quarters: readonly LoadQuarter[],
  demands: readonly StoredDemand[],
  limits: LoadLimits,
): LoadFigures | undefined {
  const all = quarters.filter(({ state }) => state !== 'missing');
  if (all.length === 0) return undefined;
  const absent = ENERGY_KEYS.filter((key) => !all.some(has(key)));
  const hasImport = !absent.includes('activeImport');
  /** Time in which only other energies are known has no load. */
  const known = hasImport ? all.filter(has('activeImport')) : all;
  const measured = known.filter(({ state }) => state === 'measured');
  const hours = known.length / QUARTERS_PER_HOUR;
  const { activeImport } = sumOf(known);
  const peak = peakOf(hasImport ? quarters : [], demands);
  const meanWatts = activeImport / hours;
  const loadFactor = peak === undefined || !hasImport ? undefined : finite(loadFactorOf(meanWatts, peak.watts));
  const shares = ENERGY_KEYS.map((key) => [key, percentOf(all.filter(has(key)).length, all.length)] as const);
  return {
    energies: sumOf(all),
    absent,
    shares: Object.fromEntries(shares.filter(([, percent]) => percent > 0 && percent < 100)),
    coverage: percentOf(measured.length, quarters.length),
    known: percentOf(known.length, quarters.length),
    estimatedImport: sumOf(known.filter(({ state }) => state === 'estimated')).activeImport,
    uncertainImport: known.reduce((sum, { uncertainImport }) => sum + uncertainImport, 0),
    meanWatts,
    areWindowsMissing: peak?.of === 'windows' && !haveAllWindows(quarters, demands),
    ...(peak === undefined ? {} : { peak }),
    ...(loadFactor === undefined ? {} : { loadFactor }),
    ...reactiveFigures(known, limits),
  };
}

/** Demands of the known quarters, W, highest first: the load-duration curve. */
export function loadDuration(quarters: readonly LoadQuarter[]): readonly number[] {
  return quarters
    .filter(isLoadRead)
    .map(({ activeImport }) => activeImport * QUARTERS_PER_HOUR)
    .sort((left, right) => right - left);
}

/** A stretch of quarters that were not read. */
export interface ReportGap {
  readonly fromMs: number;
  readonly toMs: number;
  readonly state: 'estimated' | 'missing';
  /** What is spread over it, kWh of active import; 0 where nothing is known. */
  readonly importKwh: number;
}

/** Neighbors of one state as one gap each. */
export function gapsOf(quarters: readonly LoadQuarter[]): readonly ReportGap[] {
  const gaps: ReportGap[] = [];
  for (const { startMs, state, activeImport } of quarters) {
    if (state === 'measured') continue;
    const last = gaps.at(-1);
    const toMs = startMs + QUARTER_MS;
    const importKwh = kilowattHours(activeImport);
    if (last?.state === state && last.toMs === startMs)
      gaps[gaps.length - 1] = { ...last, toMs, importKwh: last.importKwh + importKwh };
    else gaps.push({ fromMs: startMs, toMs, state, importKwh });
  }
  return gaps;
}
