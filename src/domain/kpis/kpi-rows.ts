import { ENERGY_COUNTERS, tariffEnergyBase } from '../../metrics/derived-metrics';
import type { Sample, Samples } from '../messages/telemetry';
import { TRUSTED } from '../quality/judgment';
import { MS_PER_HOUR } from './demand';
import { kilowattHours, loadFactorOf, powerFactorOf } from './formulas';
import type { AddFigure, KpiParameters, PeriodFacts } from './period-facts';
import { currentUnbalance, voltageUnbalance } from './unbalance';

/** What a period calls the energy of a counter: `active_energy_import` of `active_energy_import_total`. */
const ENERGY_BASES: ReadonlyMap<string, string> = new Map(
  ENERGY_COUNTERS.flatMap(({ name }) => (name.endsWith('_total') ? [[name, name.replace('_total', '')] as const] : [])),
);

/**
 * A KPI that can be switched on and off: what it says, by which formula, where that comes from, and how it is worked out.
 * One that has neither of the functions needs the order of readings (`EnergyKpis`).
 */
export interface KpiRow {
  readonly key: string;
  readonly label: string;
  readonly formula: string;
  readonly source: string;
  /** Names of metrics, or bases of the names of period figures. */
  readonly metrics: readonly string[];
  /** Its first metric from the values of one reading; undefined where the reading lacks them. */
  readonly ofReading?: (samples: Samples, parameters: KpiParameters) => Sample | undefined;
  /** Its figures of one period. */
  readonly ofPeriod?: (facts: PeriodFacts, add: AddFigure) => void;
}

export const KPI_ROWS = [
  {
    key: 'voltage_unbalance',
    label: 'Voltage unbalance',
    formula: '100 x (largest deviation of a line-to-line voltage from their mean) / mean',
    source: 'NEMA MG-1 (percent voltage unbalance)',
    metrics: ['voltage_unbalance'],
    ofReading: (samples, { minimumVolts }) => voltageUnbalance(samples, minimumVolts),
  },
  {
    key: 'current_unbalance',
    label: 'Current unbalance',
    formula: '100 x (largest deviation of a line current from their mean) / mean',
    source: 'NEMA MG-1, its voltage formula applied to currents',
    metrics: ['current_unbalance'],
    ofReading: (samples, { minimumAmperes }) => currentUnbalance(samples, minimumAmperes),
  },
  {
    key: 'demand',
    label: 'Demand and peak demand',
    formula: 'energy of a window / length of the window; the peak is the largest of a period',
    source: 'definition of demand; the meter has the windows 1 to 60 min, 1420-UM001E p.57 Table 26',
    metrics: ['interval_demand', 'interval_demand_time', 'interval_power_factor', 'peak_demand', 'peak_demand_time'],
    ofPeriod: ({ peak }, add) => {
      if (peak === undefined) return;
      add('peak_demand', peak.value, peak.judgment);
      add('peak_demand_time', peak.endMs, peak.judgment);
    },
  },
  {
    key: 'energy',
    label: 'Energy of the period',
    formula: 'sum of the deltas of the counter within the period',
    source: 'definition',
    metrics: [
      'active_energy_import',
      'reactive_energy_import',
      'active_energy_export',
      'reactive_energy_export',
      'coverage',
    ],
    ofPeriod: (facts, add) => {
      for (const name in facts.totals.counters) {
        const total = facts.totals.counters[name];
        const base = ENERGY_BASES.get(name);
        if (total !== undefined && base !== undefined) add(base, total.added, facts.judge(total));
      }
      if (facts.active !== undefined) {
        add('coverage', Math.min(100, (100 * facts.active.coveredMs) / facts.spanMs), TRUSTED);
      }
    },
  },
  {
    key: 'power_factor',
    label: 'Power factor from energies',
    formula: 'E / sqrt(E^2 + Q^2), E active and Q reactive energy import of the period',
    source: 'definition of the energy-weighted (average) power factor',
    metrics: ['power_factor'],
    ofPeriod: ({ active, reactive }, add) => {
      if (active === undefined || reactive === undefined) return;
      add('power_factor', powerFactorOf(active.value, reactive.value), reactive.judgment);
    },
  },
  {
    key: 'load_factor',
    label: 'Load factor',
    formula: '100 x (E / measured hours of the period) / peak demand of the period',
    source: 'definition: average demand over peak demand',
    metrics: ['load_factor'],
    ofPeriod: ({ active, peak }, add) => {
      if (active === undefined || peak === undefined) return;
      add('load_factor', loadFactorOf((active.value * MS_PER_HOUR) / active.coveredMs, peak.value), peak.judgment);
    },
  },
  {
    key: 'reactive_penalty',
    label: 'Reactive energy above the threshold',
    formula: 'max(0, Q - tan phi x E) and its share 100 x excess / Q',
    source: 'common tariff rule; the threshold is a setting (power factor 0.9 is tan phi 0.484)',
    metrics: ['reactive_energy_excess', 'power_factor_penalty'],
    ofPeriod: ({ active, reactive, parameters }, add) => {
      if (active === undefined || reactive === undefined) return;
      const excess = Math.max(0, reactive.value - parameters.tanPhi * active.value);
      add('reactive_energy_excess', excess, reactive.judgment);
      add('power_factor_penalty', excess === 0 ? 0 : (100 * excess) / reactive.value, reactive.judgment);
    },
  },
  {
    key: 'tariff_energy',
    label: 'Energy by tariff period',
    formula: 'sum of the deltas of active import while the tariff period holds',
    source: "the site's tariff calendar",
    metrics: ['tariff_period'],
    ofPeriod: (facts, add) => {
      const { active, parameters } = facts;
      if (active === undefined || parameters.tariff === undefined) return;
      const judgment = facts.tariffJudgment(active.judgment);
      for (const { name } of parameters.tariff.periods) {
        add(tariffEnergyBase(name), facts.tariffEnergy(name), judgment);
      }
    },
  },
  {
    key: 'co2',
    label: 'CO2 emission',
    formula: 'E in kWh x factor in kg/kWh',
    source: "the site's emission factor",
    metrics: ['co2'],
    ofPeriod: ({ active, parameters }, add) => {
      if (active !== undefined) add('co2', kilowattHours(active.value) * parameters.co2KgPerKwh, active.judgment);
    },
  },
  {
    key: 'cost',
    label: 'Energy cost',
    formula: 'sum over the tariff periods of energy in kWh x price per kWh',
    source: "the site's tariff calendar",
    metrics: ['cost'],
    ofPeriod: (facts, add) => {
      const { active, parameters } = facts;
      if (active === undefined || parameters.tariff === undefined) return;
      let cost = 0;
      for (const { name, pricePerKwh } of parameters.tariff.periods) {
        cost += kilowattHours(facts.tariffEnergy(name)) * pricePerKwh;
      }
      add('cost', cost, facts.tariffJudgment(active.judgment));
    },
  },
] as const satisfies readonly KpiRow[];

const ROWS: readonly KpiRow[] = KPI_ROWS;

/** The rows of the KPIs that are switched on, in the order of the table. */
export function rowsOf(keys: readonly KpiKey[]): readonly KpiRow[] {
  return ROWS.filter(({ key }) => (keys as readonly string[]).includes(key));
}

export type KpiKey = (typeof KPI_ROWS)[number]['key'];
export const KPI_KEYS: readonly KpiKey[] = KPI_ROWS.map(({ key }) => key);
