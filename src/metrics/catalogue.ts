import type { Deadband, Metric, Quantity, Statistic, Unit } from './measurement';

/**
 * The canonical metrics: one name, one label, one unit each, used by every sink, dashboard, template and document.
 *
 * Ranges are limits of plausibility, not of accuracy: a 690 V meter behind voltage and current transformers (ratios up
 * to 9999, 1420-UM001E p.57) stays far inside them, and noise read as a number falls outside.
 */
interface QuantityRow {
  readonly unit: Unit;
  readonly min: number;
  readonly max: number;
  readonly deadband: Deadband;
}

const QUANTITY_ROWS = {
  voltage: { unit: 'V', min: 0, max: 1e6, deadband: { percent: 0.1 } },
  current: { unit: 'A', min: 0, max: 1e6, deadband: { percent: 0.5 } },
  active_power: { unit: 'W', min: -1e10, max: 1e10, deadband: { percent: 0.5 } },
  apparent_power: { unit: 'VA', min: 0, max: 1e10, deadband: { percent: 0.5 } },
  reactive_power: { unit: 'var', min: -1e10, max: 1e10, deadband: { percent: 0.5 } },
  // A ratio of two singles: 1 may come as 1.0000001.
  power_factor: { unit: '', min: -1.001, max: 1.001, deadband: { absolute: 0.005 } },
  frequency: { unit: 'Hz', min: 40, max: 70, deadband: { absolute: 0.01 } },
  phase_sequence: { unit: '', min: -1e3, max: 1e3, deadband: { absolute: 0 } },
} as const satisfies Partial<Record<Quantity, QuantityRow>>;

/** Stored range of an energy counter, 9 999 999 999.9 kWh or kvarh (1420-UM001D p.66 Table 37), in Wh or varh. */
const ENERGY_ROLLOVER = 9_999_999_999_900;
/** Largest run-hour count, 99 999 999 h 59 min (1420-UM001D p.66 Table 38). */
const RUN_HOURS_ROLLOVER = 99_999_999 + 59 / 60;

type BaseRow = readonly [name: string, quantity: keyof typeof QUANTITY_ROWS, label: string];

/** Voltages and currents, in the order of assembly 101. */
const VOLTAGE_CURRENT: readonly BaseRow[] = [
  ['voltage_l1_n', 'voltage', 'Voltage L1-N'],
  ['voltage_l2_n', 'voltage', 'Voltage L2-N'],
  ['voltage_l3_n', 'voltage', 'Voltage L3-N'],
  ['voltage_ln_avg', 'voltage', 'Voltage L-N average'],
  ['voltage_l1_l2', 'voltage', 'Voltage L1-L2'],
  ['voltage_l2_l3', 'voltage', 'Voltage L2-L3'],
  ['voltage_l3_l1', 'voltage', 'Voltage L3-L1'],
  ['voltage_ll_avg', 'voltage', 'Voltage L-L average'],
  ['current_l1', 'current', 'Current L1'],
  ['current_l2', 'current', 'Current L2'],
  ['current_l3', 'current', 'Current L3'],
  ['current_n', 'current', 'Current N'],
];

/** Powers, power factors and frequency, in the order of assembly 102. */
const POWER: readonly BaseRow[] = [
  ['active_power_l1', 'active_power', 'Active power L1'],
  ['active_power_l2', 'active_power', 'Active power L2'],
  ['active_power_l3', 'active_power', 'Active power L3'],
  ['active_power_total', 'active_power', 'Active power total'],
  ['apparent_power_l1', 'apparent_power', 'Apparent power L1'],
  ['apparent_power_l2', 'apparent_power', 'Apparent power L2'],
  ['apparent_power_l3', 'apparent_power', 'Apparent power L3'],
  ['apparent_power_total', 'apparent_power', 'Apparent power total'],
  ['reactive_power_l1', 'reactive_power', 'Reactive power L1'],
  ['reactive_power_l2', 'reactive_power', 'Reactive power L2'],
  ['reactive_power_l3', 'reactive_power', 'Reactive power L3'],
  ['reactive_power_total', 'reactive_power', 'Reactive power total'],
  ['power_factor_l1', 'power_factor', 'Power factor L1'],
  ['power_factor_l2', 'power_factor', 'Power factor L2'],
  ['power_factor_l3', 'power_factor', 'Power factor L3'],
  ['power_factor_total', 'power_factor', 'Power factor total'],
  ['frequency', 'frequency', 'Frequency'],
];

const PHASE_SEQUENCE: BaseRow = ['phase_sequence', 'phase_sequence', 'Phase sequence'];

function gauge([name, quantity, label]: BaseRow): Metric {
  const { unit, min, max, deadband } = QUANTITY_ROWS[quantity];
  return {
    name,
    label,
    quantity,
    unit,
    kind: 'gauge',
    statistic: 'instant',
    range: { min, max },
    deadband,
    sparkplugType: 'Float',
    influxType: 'float',
  };
}

function variant(metric: Metric, prefix: string, labelPrefix: string, statistic: Statistic): Metric {
  const label = `${labelPrefix} ${metric.label.charAt(0).toLowerCase()}${metric.label.slice(1)}`;
  return { ...metric, name: `${prefix}_${metric.name}`, label, statistic };
}

function energyCounter(name: string, label: string, quantity: 'active_energy' | 'reactive_energy'): Metric {
  return {
    name,
    label,
    quantity,
    unit: quantity === 'active_energy' ? 'Wh' : 'varh',
    kind: 'counter',
    statistic: 'total',
    range: { min: 0, max: ENERGY_ROLLOVER },
    deadband: { absolute: 0 },
    rollover: ENERGY_ROLLOVER,
    sparkplugType: 'Double',
    influxType: 'float',
  };
}

function state(name: string, label: string): Metric {
  return {
    name,
    label,
    quantity: 'state',
    unit: '',
    kind: 'state',
    statistic: 'instant',
    sparkplugType: 'Boolean',
    influxType: 'boolean',
  };
}

function text(name: string, label: string): Metric {
  return {
    name,
    label,
    quantity: 'identification',
    unit: '',
    kind: 'text',
    statistic: 'instant',
    sparkplugType: 'String',
    influxType: 'string',
  };
}

const INSTANT = [...VOLTAGE_CURRENT, ...POWER].map(gauge);

/** Every canonical metric of a PowerMonitor 500, once. */
export const CATALOGUE: readonly Metric[] = [
  ...INSTANT,
  gauge(PHASE_SEQUENCE),
  ...INSTANT.map((metric) => variant(metric, 'max', 'Maximum', 'maximum')),
  ...INSTANT.map((metric) => variant(metric, 'demand', 'Demand', 'demand')),
  energyCounter('active_energy_import_total', 'Active energy import, total', 'active_energy'),
  energyCounter('reactive_energy_import_total', 'Reactive energy import, total', 'reactive_energy'),
  energyCounter('active_energy_export_total', 'Active energy export, total', 'active_energy'),
  energyCounter('reactive_energy_export_total', 'Reactive energy export, total', 'reactive_energy'),
  energyCounter('active_energy_import_partial', 'Active energy import, partial', 'active_energy'),
  energyCounter('reactive_energy_import_partial', 'Reactive energy import, partial', 'reactive_energy'),
  energyCounter('active_energy_export_partial', 'Active energy export, partial', 'active_energy'),
  energyCounter('reactive_energy_export_partial', 'Reactive energy export, partial', 'reactive_energy'),
  {
    name: 'run_hours',
    label: 'Run hours',
    quantity: 'duration',
    unit: 'h',
    kind: 'counter',
    statistic: 'total',
    range: { min: 0, max: RUN_HOURS_ROLLOVER },
    deadband: { absolute: 0 },
    rollover: RUN_HOURS_ROLLOVER,
    sparkplugType: 'Double',
    influxType: 'float',
  },
  state('alarm_1', 'Virtual alarm 1'),
  state('alarm_2', 'Virtual alarm 2'),
  state('alarm_3', 'Virtual alarm 3'),
  state('alarm_4', 'Virtual alarm 4'),
  state('output_1', 'Output port 1'),
  state('output_2', 'Output port 2'),
  text('firmware_base', 'Base firmware revision'),
  text('firmware_communication', 'Communication firmware revision'),
  text('firmware_analog', 'Analog module firmware revision'),
  text('identification_letters', 'Identification letters'),
];

/** Names of the voltages and currents, in table order. */
export const VOLTAGE_CURRENT_NAMES: readonly string[] = VOLTAGE_CURRENT.map(([name]) => name);
/** Names of the powers, power factors and frequency, in table order. */
export const POWER_NAMES: readonly string[] = POWER.map(([name]) => name);
/** Names of the nine energy and hour counters, in table order (1420-UM001E p.57 Table 25). */
export const COUNTER_NAMES: readonly string[] = CATALOGUE.filter((metric) => metric.kind === 'counter').map(
  (metric) => metric.name,
);
