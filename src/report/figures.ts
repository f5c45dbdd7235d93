import { kilowattHours, loadFactorOf, powerFactorOf } from '../domain/kpis/formulas';
import {
  ENERGY_KEYS,
  NO_ENERGY,
  QUARTER_MS,
  type Energies,
  type EnergyKey,
  type LoadQuarter,
  type StoredQuarter,
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

/** Energies that none of the quarters within a time has. */
export function absentEnergies(stored: readonly StoredQuarter[], fromMs: number, toMs: number): readonly EnergyKey[] {
  const own = stored.filter(
    ({ startMs, good, uncertain }) =>
      startMs >= fromMs && startMs < toMs && (good !== undefined || uncertain !== undefined),
  );
  return own.length === 0 ? [] : ENERGY_KEYS.filter((key) => own.every(({ absent }) => absent?.includes(key) === true));
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
  for (const { startMs, state, activeImport, uncertainImport } of quarters) {
    const watts = activeImport * QUARTERS_PER_HOUR;
    if (state !== 'measured' || (peak !== undefined && watts <= peak.watts)) continue;
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
  return quarters.every(({ startMs, state }) => {
    if (state !== 'measured') return true;
    while (place < ends.length && (ends[place] ?? 0) <= startMs) place += 1;
    const end = ends[place];
    return end !== undefined && end <= startMs + latest;
  });
}

const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined);

/**
 * @param quarters of the period, all of them
 * @param demands whose windows end within it
 * @param absent energies of which nothing is known
 * @returns undefined where nothing is known of the period
 */
export function loadFigures(
  quarters: readonly LoadQuarter[],
  demands: readonly StoredDemand[],
  { tanPhi }: LoadLimits,
  absent: readonly EnergyKey[] = [],
): LoadFigures | undefined {
  const known = quarters.filter(({ state }) => state !== 'missing');
  if (known.length === 0) return undefined;
  const measured = known.filter(({ state }) => state === 'measured');
  const energies = sumOf(known);
  const hours = known.length / QUARTERS_PER_HOUR;
  const { activeImport, reactiveImport } = energies;
  const hasImport = !absent.includes('activeImport');
  const peak = peakOf(hasImport ? quarters : [], demands);
  const meanWatts = activeImport / hours;
  const loadFactor = peak === undefined || !hasImport ? undefined : finite(loadFactorOf(meanWatts, peak.watts));
  const hasBoth = hasImport && !absent.includes('reactiveImport');
  const powerFactor = hasBoth ? finite(powerFactorOf(activeImport, reactiveImport)) : undefined;
  return {
    energies,
    absent,
    coverage: (100 * measured.length) / quarters.length,
    known: (100 * known.length) / quarters.length,
    estimatedImport: sumOf(known.filter(({ state }) => state === 'estimated')).activeImport,
    uncertainImport: known.reduce((sum, { uncertainImport }) => sum + uncertainImport, 0),
    meanWatts,
    areWindowsMissing: peak?.of === 'windows' && !haveAllWindows(quarters, demands),
    ...(peak === undefined ? {} : { peak }),
    ...(loadFactor === undefined ? {} : { loadFactor }),
    ...(powerFactor === undefined ? {} : { powerFactor }),
    ...(tanPhi === undefined || !hasBoth
      ? {}
      : { compensationVar: Math.max(0, reactiveImport - tanPhi * activeImport) / hours }),
  };
}

/** Demands of the known quarters, W, highest first: the load-duration curve. */
export function loadDuration(quarters: readonly LoadQuarter[]): readonly number[] {
  return quarters
    .filter(({ state }) => state === 'measured')
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
