import { KpiSet } from '../../src/domain/kpis/kpi-set';
import { DEFAULT_KPI_SETTINGS, parseKpiSettings } from '../../src/domain/kpis/settings';
import { KPI_KEYS } from '../../src/domain/kpis/kpi-rows';
import { MS_PER_HOUR } from '../../src/domain/kpis/demand';
import { TELEMETRY_SCHEMA, type Sample, type Telemetry } from '../../src/domain/messages/telemetry';
import { TARIFF_EXAMPLE } from '../../src/domain/tariff/tariff-shape';
import type { Unit } from '../../src/metrics/measurement';
import { localMidnight } from './local-time';
import { readRecording, STEP_MS } from './recording';

/** The example is about this month of the recorded plant. */
export const MONTH = { year: 2018, month: 1, name: 'January', text: '2018-01' } as const;
const TIME_ZONE = 'Asia/Seoul';

/** The tariff of the example, as a person writes it. */
export const TARIFF = { ...TARIFF_EXAMPLE, timeZone: TIME_ZONE, holidays: ['01-01'] } as const;

/** What the contract of the example asks for beside energy; invented, too. */
export const CONTRACT = {
  /** kW that the contract allows. */
  demandKw: 550,
  /** EUR for each kW of the highest demand of the month. */
  perKw: 9.5,
  /** EUR for each kW above what the contract allows, beside the above. */
  perKwAbove: 4,
  /** EUR for each kvarh beyond what is free. */
  perKvarh: 0.013,
  powerFactorLimit: 0.95,
} as const;

/** A demand window, W, and when it ends. */
export interface Window {
  readonly watts: number;
  readonly endMs: number;
}

/** What the KPIs say of the month, and every demand window in it. */
export interface Month {
  readonly fromMs: number;
  readonly toMs: number;
  /** By names of metrics. */
  readonly figures: Readonly<Record<string, Sample>>;
  readonly windows: readonly Window[];
}

/** Counters as a meter has them, Wh and varh. */
function counted(timestamp: number, activeWh: number, reactiveVarh: number): Telemetry {
  const sample = (value: number, unit: Unit): Sample => ({
    ...{ value, unit, quality: 'good', provenance: 'verified', timestamp },
  });
  const metrics = {
    active_energy_import_total: sample(activeWh, 'Wh'),
    reactive_energy_import_total: sample(reactiveVarh, 'varh'),
  };
  return { schema: TELEMETRY_SCHEMA, meter: { name: 'main-incomer', host: '127.0.0.1', tags: {} }, timestamp, metrics };
}

/** The recorded month through the KPIs of the product, as `pm500-normalize` has them with the settings of the example. */
export function workedMonth(): Month {
  const { settings, problems } = parseKpiSettings({
    kpis: KPI_KEYS,
    periods: ['month'],
    demandMinutes: DEFAULT_KPI_SETTINGS.demandMinutes,
    powerFactorLimit: CONTRACT.powerFactorLimit,
    tariff: TARIFF,
  });
  if (problems.length > 0) throw new Error(problems.join(' '));
  const fromMs = localMidnight(MONTH.year, MONTH.month, TIME_ZONE);
  const toMs = localMidnight(MONTH.year, MONTH.month + 1, TIME_ZONE);
  const kpis = new KpiSet(settings);
  let [active, reactive] = [0, 0];
  let figures: Record<string, Sample> = {};
  const windows: Window[] = [];
  kpis.update(counted(fromMs, active, reactive));
  for (const { startMs, activeWh, reactiveVarh } of readRecording(MONTH.text, TIME_ZONE)) {
    active += activeWh;
    reactive += reactiveVarh;
    figures = kpis.update(counted(startMs + STEP_MS, active, reactive));
    const watts = figures['interval_demand']?.value;
    if (typeof watts === 'number') windows.push({ watts, endMs: startMs + STEP_MS });
  }
  return { fromMs, toMs, figures, windows };
}

/** A figure of the month that has ended. */
export function figureOf({ figures }: Month, base: string): number {
  const sample = figures[`${base}_last_month`];
  if (typeof sample?.value !== 'number' || sample.quality !== 'good')
    throw new Error(`${base} of the month is not good.`);
  return sample.value;
}

/** Where a bill puts a sum. */
export interface BillLine {
  readonly what: string;
  readonly metric: string;
  readonly amount: number;
  readonly unit: 'kWh' | 'kW' | 'kvarh';
  readonly price: number;
  readonly cost: number;
}

/** The bill of the month. */
export function billOf(month: Month): readonly BillLine[] {
  const line = (what: string, metric: string, amount: number, unit: BillLine['unit'], price: number): BillLine => ({
    // A bill is rounded line by line, so that its lines add up.
    ...{ what, metric, amount, unit, price, cost: Math.round(amount * price * 100) / 100 },
  });
  const peakKw = figureOf(month, 'peak_demand') / 1000;
  return [
    ...TARIFF.periods.map(({ name, pricePerKwh }) =>
      line(
        `energy, ${name}`,
        `tariff_energy_${name}_last_month`,
        figureOf(month, `tariff_energy_${name}`) / 1000,
        'kWh',
        pricePerKwh,
      ),
    ),
    line('highest demand', 'peak_demand_last_month', peakKw, 'kW', CONTRACT.perKw),
    line(
      `of it above ${CONTRACT.demandKw} kW`,
      'peak_demand_last_month',
      Math.max(0, peakKw - CONTRACT.demandKw),
      'kW',
      CONTRACT.perKwAbove,
    ),
    line(
      'reactive energy that is not free',
      'reactive_energy_excess_last_month',
      figureOf(month, 'reactive_energy_excess') / 1000,
      'kvarh',
      CONTRACT.perKvarh,
    ),
  ];
}

/** What a month whose windows above `capKw` had been brought down to it would have cost less: EUR. */
export function savedBy(
  month: Month,
  capKw: number,
): { readonly windows: number; readonly days: number; readonly saved: number } {
  const above = month.windows.filter(({ watts }) => watts > capKw * 1000);
  const costOf = (kilowatts: number): number =>
    kilowatts * CONTRACT.perKw + Math.max(0, kilowatts - CONTRACT.demandKw) * CONTRACT.perKwAbove;
  const days = new Set(above.map(({ endMs }) => Math.floor((endMs - month.fromMs - 1) / (24 * MS_PER_HOUR))));
  const peakKw = figureOf(month, 'peak_demand') / 1000;
  return { windows: above.length, days: days.size, saved: costOf(peakKw) - costOf(Math.min(peakKw, capKw)) };
}
