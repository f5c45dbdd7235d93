import { tariffEnergyBase } from '../../metrics/derived-metrics';
import { worseOf, TRUSTED, type Judgement } from '../quality/judgement';
import type { Tariff } from '../tariff/tariff';
import { INCOMPLETE, MS_PER_HOUR } from './demand';
import type { KpiKey } from './kpi-rows';
import { peakJudgement, type CounterTotal, type Totals } from './totals';

const WH_PER_KWH = 1000;

export const ACTIVE_IMPORT = 'active_energy_import_total';
export const REACTIVE_IMPORT = 'reactive_energy_import_total';

/** What figures depend on besides energies. */
export interface FigureSettings {
  /** kvarh per kWh that are free; the tangent of the angle that the contract allows. */
  readonly tanPhi: number;
  readonly co2KgPerKwh: number;
  readonly tariff?: Tariff;
}

/** One figure of a period, by the base of its metric's name. */
export interface Figure {
  readonly base: string;
  /** NaN where the formula has no result. */
  readonly value: number;
  readonly judgement: Judgement;
}

/** The tangent of phi that belongs to a power factor: 0.9 gives 0.484. */
export function tanPhiOf(powerFactor: number): number {
  return Math.sqrt(1 - powerFactor * powerFactor) / powerFactor;
}

/** Power factor from energies; NaN without any. */
export function powerFactorOf(active: number, reactive: number): number {
  return active / Math.hypot(active, reactive);
}

/** Of a constant load the two differ by rounding alone. */
const ROUNDING = 1e-6;

/**
 * Mean by peak power, percent. NaN while the mean is above the peak: then the highest demand is in a window that has not
 * ended, or was not measured whole.
 */
export function loadFactorOf(meanPower: number, peakDemand: number): number {
  return meanPower <= peakDemand * (1 + ROUNDING) ? Math.min(100, (100 * meanPower) / peakDemand) : Number.NaN;
}

function energyOf(energies: Readonly<Record<string, number>>, period: string): number {
  return Object.hasOwn(energies, period) ? (energies[period] ?? 0) : 0;
}

/** Energy by tariff period times price; what the price of a period was before does not count. */
export function costOf(energies: Readonly<Record<string, number>>, tariff: Tariff): number {
  let cost = 0;
  for (const { name, pricePerKwh } of tariff.periods) cost += (energyOf(energies, name) / WH_PER_KWH) * pricePerKwh;
  return cost;
}

/** Uncertain when energy is unknown for a part of the time, or when the clock was set in it. */
function judge(total: CounterTotal | undefined, spanMs: number, mark: Judgement = TRUSTED): Judgement {
  if (total === undefined) return { ...INCOMPLETE, quality: 'bad', provenance: 'assumed' };
  const known = worseOf(total.judgement, mark);
  return total.coveredMs >= spanMs ? known : worseOf(known, INCOMPLETE);
}

/** The figures of one period, of the wanted KPIs; `spanMs` is the time from its beginning that they are for. */
export function figuresOf(totals: Totals, spanMs: number, wanted: ReadonlySet<KpiKey>, settings: FigureSettings) {
  const figures: Figure[] = [];
  const { counters, peak, mark } = totals;
  if (wanted.has('energy')) {
    for (const name in counters) {
      const total = counters[name];
      if (total === undefined || !name.endsWith('_total')) continue;
      figures.push({
        base: name.slice(0, -'_total'.length),
        value: total.added,
        judgement: judge(total, spanMs, mark),
      });
    }
  }
  const activeTotal = counters[ACTIVE_IMPORT];
  if (activeTotal === undefined) return figures;
  const active = activeTotal.added;
  const known = judge(activeTotal, spanMs, mark);
  const add = (base: string, value: number, judgement: Judgement): void => {
    figures.push({ base, value, judgement });
  };
  if (wanted.has('energy')) add('coverage', Math.min(100, (100 * activeTotal.coveredMs) / spanMs), TRUSTED);
  const reactiveTotal = counters[REACTIVE_IMPORT];
  if (reactiveTotal !== undefined) {
    const reactive = reactiveTotal.added;
    const both = worseOf(known, judge(reactiveTotal, spanMs, mark));
    if (wanted.has('power_factor')) add('power_factor', powerFactorOf(active, reactive), both);
    if (wanted.has('reactive_penalty')) {
      const excess = Math.max(0, reactive - settings.tanPhi * active);
      add('reactive_energy_excess', excess, both);
      add('power_factor_penalty', excess === 0 ? 0 : (100 * excess) / reactive, both);
    }
  }
  if (peak !== undefined) {
    const both = worseOf(peakJudgement(totals, peak), known);
    if (wanted.has('demand')) {
      add('peak_demand', peak.value, both);
      add('peak_demand_time', peak.endMs, both);
    }
    if (wanted.has('load_factor')) {
      add('load_factor', loadFactorOf((active * MS_PER_HOUR) / activeTotal.coveredMs, peak.value), both);
    }
  }
  if (wanted.has('co2')) add('co2', (active / WH_PER_KWH) * settings.co2KgPerKwh, known);
  if (settings.tariff !== undefined) addTariffFigures(add, totals, known, wanted, settings.tariff);
  return figures;
}

function addTariffFigures(
  add: (base: string, value: number, judgement: Judgement) => void,
  { tariff: energies, tariffMark = TRUSTED }: Totals,
  ofPeriod: Judgement,
  wanted: ReadonlySet<KpiKey>,
  tariff: Tariff,
): void {
  const known = worseOf(ofPeriod, tariffMark);
  if (wanted.has('tariff_energy')) {
    for (const { name } of tariff.periods) add(tariffEnergyBase(name), energyOf(energies, name), known);
  }
  if (wanted.has('cost')) add('cost', costOf(energies, tariff), known);
}
