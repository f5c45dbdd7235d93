import { CATALOG } from './catalog';
import { UNIT_OF, type Deadband, type Metric, type Quantity, type Statistic } from './measurement';

/**
 * The metrics that are worked out from readings, defined once as those of the catalog are. They stand in no assembly,
 * so the meter table has no rows for them. Formulas and their sources: docs/kpis.md.
 */
interface DerivedRow {
  /** Absent for the metrics of a site's own tariff. */
  readonly sparkplugAlias?: number;
  readonly name: string;
  readonly label: string;
  readonly quantity: Quantity;
  readonly statistic: Statistic;
  readonly range?: { readonly min: number; readonly max: number };
  readonly deadband?: Deadband;
}

/** Derived numbers are doubles: they add up over years. */
function derived(row: DerivedRow): Metric {
  const { quantity } = row;
  return {
    deadband: { absolute: 0 },
    ...row,
    unit: UNIT_OF[quantity],
    kind: 'gauge',
    sparkplugType: 'Double',
    influxType: 'float',
  };
}

/** The energy counters of the catalog: each has a delta. */
export const ENERGY_COUNTERS: readonly Metric[] = CATALOG.filter(
  ({ kind, quantity }) => kind === 'counter' && (quantity === 'active_energy' || quantity === 'reactive_energy'),
);

/** `active_energy_import_total` has the delta `energy_delta_active_import_total`. */
export function deltaMetricOf(counter: string): string {
  return `energy_delta_${counter.replace('_energy', '')}`;
}

/** Aliases of the deltas, in the order of the counters. */
const FIRST_DELTA_ALIAS = 512;

const DELTAS = ENERGY_COUNTERS.map(({ name, label, quantity }, place) =>
  derived({
    sparkplugAlias: FIRST_DELTA_ALIAS + place,
    name: deltaMetricOf(name),
    label: `${label}, since the last reading`,
    quantity,
    statistic: 'delta',
  }),
);

const UNBALANCE = { quantity: 'ratio', statistic: 'instant', range: { min: 0, max: 200 } } as const;

const INSTANT = [
  derived({
    ...UNBALANCE,
    sparkplugAlias: 520,
    name: 'voltage_unbalance',
    label: 'Voltage unbalance',
    deadband: { absolute: 0.05 },
  }),
  derived({
    ...UNBALANCE,
    sparkplugAlias: 521,
    name: 'current_unbalance',
    label: 'Current unbalance',
    deadband: { absolute: 0.5 },
  }),
  derived({
    sparkplugAlias: 522,
    name: 'interval_demand',
    label: 'Active demand of the last window',
    quantity: 'active_power',
    statistic: 'demand',
  }),
  derived({
    sparkplugAlias: 523,
    name: 'interval_demand_time',
    label: 'End of the last demand window',
    quantity: 'time',
    statistic: 'demand',
  }),
  derived({
    sparkplugAlias: 524,
    name: 'interval_power_factor',
    label: 'Power factor of the last demand window, from energies',
    quantity: 'power_factor',
    statistic: 'demand',
  }),
];

/** Calendar periods that totals and the figures from them are kept for. */
export const PERIODS = ['day', 'month', 'year'] as const;
export type Period = (typeof PERIODS)[number];

/** The alias is that of the first period that runs; see `periodMetrics`. */
type PeriodRow = readonly [alias: number | undefined, base: string, label: string, quantity: Quantity];

/** What every period has, by the base of its name: `load_factor` gives `load_factor_month`, `load_factor_last_month`. */
const PERIOD_ROWS: readonly PeriodRow[] = [
  [526, 'active_energy_import', 'Active energy import', 'active_energy'],
  [532, 'reactive_energy_import', 'Reactive energy import', 'reactive_energy'],
  [538, 'active_energy_export', 'Active energy export', 'active_energy'],
  [544, 'reactive_energy_export', 'Reactive energy export', 'reactive_energy'],
  [550, 'power_factor', 'Power factor from energies', 'power_factor'],
  [556, 'peak_demand', 'Peak demand', 'active_power'],
  [562, 'peak_demand_time', 'End of the window of peak demand', 'time'],
  [568, 'load_factor', 'Load factor', 'ratio'],
  [574, 'reactive_energy_excess', 'Reactive energy above the threshold', 'reactive_energy'],
  [580, 'power_factor_penalty', 'Share of reactive energy above the threshold', 'ratio'],
  [586, 'co2', 'CO2 emission', 'emission'],
  [592, 'cost', 'Energy cost', 'cost'],
  [598, 'coverage', 'Share of the time with known energy', 'ratio'],
];

/** The name of a period's figure: of the period that runs, or of the one that ended last. */
export function periodMetricOf(base: string, period: Period, ended: boolean): string {
  return ended ? `${base}_last_${period}` : `${base}_${period}`;
}

const ADVERBS: Readonly<Record<Period, string>> = { day: 'daily', month: 'monthly', year: 'yearly' };

/** Six for each row, with six aliases in this order: day, last day, month, last month, year, last year. */
function periodMetrics([alias, base, label, quantity]: PeriodRow): Metric[] {
  return PERIODS.flatMap((period, place) =>
    [false, true].map((ended) =>
      derived({
        ...(alias === undefined ? {} : { sparkplugAlias: alias + 2 * place + (ended ? 1 : 0) }),
        name: periodMetricOf(base, period, ended),
        label: ended ? `${label}, last ${period}` : `${label}, ${ADVERBS[period]}, so far`,
        quantity,
        statistic: 'period',
      }),
    ),
  );
}

/** The base of the name of the energy of one tariff period. */
export function tariffEnergyBase(tariffPeriod: string): string {
  return `tariff_energy_${tariffPeriod}`;
}

/** The metrics of a site's own tariff periods; they are not in any list, because the site gives their names. */
export function tariffMetrics(tariffPeriods: readonly string[]): Metric[] {
  return tariffPeriods.flatMap((name) =>
    periodMetrics([undefined, tariffEnergyBase(name), `Active energy import, tariff ${name}`, 'active_energy']),
  );
}

/** Every derived metric with a fixed name, once. */
export const DERIVED_METRICS: readonly Metric[] = [
  ...DELTAS,
  ...INSTANT,
  {
    name: 'tariff_period',
    label: 'Tariff period now',
    quantity: 'identification',
    unit: UNIT_OF.identification,
    kind: 'text',
    statistic: 'instant',
    sparkplugAlias: 525,
    sparkplugType: 'String',
    influxType: 'string',
  },
  ...PERIOD_ROWS.flatMap(periodMetrics),
];

/** The catalog, then the derived metrics: what a telemetry can hold without a site's own definitions. */
export const ALL_METRICS: readonly Metric[] = [...CATALOG, ...DERIVED_METRICS];
