import { UNIT_OF, type Deadband, type Metric, type Quantity, type Statistic } from './measurement';

/**
 * The canonical metrics: one name, one label, one unit each, used by every sink, dashboard, template and document.
 *
 * Ranges are limits of plausibility, not of accuracy: a 690 V meter behind voltage and current transformers (ratios up
 * to 9999, 1420-UM001E p.57) stays far inside them, and noise read as a number falls outside.
 */
interface QuantityRow {
  readonly min: number;
  readonly max: number;
  readonly deadband: Deadband;
}

const QUANTITY_ROWS = {
  voltage: { min: 0, max: 1e6, deadband: { percent: 0.1 } },
  current: { min: 0, max: 1e6, deadband: { percent: 0.5 } },
  active_power: { min: -1e10, max: 1e10, deadband: { percent: 0.5 } },
  apparent_power: { min: 0, max: 1e10, deadband: { percent: 0.5 } },
  reactive_power: { min: -1e10, max: 1e10, deadband: { percent: 0.5 } },
  // A ratio of two singles: 1 may come as 1.0000001.
  power_factor: { min: -1.001, max: 1.001, deadband: { absolute: 0.005 } },
  frequency: { min: 40, max: 70, deadband: { absolute: 0.01 } },
  phase_sequence: { min: -1e3, max: 1e3, deadband: { absolute: 0 } },
} as const satisfies Partial<Record<Quantity, QuantityRow>>;

/** Stored range of an energy counter, 9 999 999 999.9 kWh or kvarh (1420-UM001D p.66 Table 37), in Wh or varh. */
const ENERGY_ROLLOVER = 9_999_999_999_900;
/** Largest run-hour count, 99 999 999 h 59 min (1420-UM001D p.66 Table 38). */
const RUN_HOURS_ROLLOVER = 99_999_999 + 59 / 60;

type BaseRow = readonly [alias: number, name: string, quantity: keyof typeof QUANTITY_ROWS, label: string];

/** Voltages and currents, in the order of assembly 101. */
const VOLTAGE_CURRENT: readonly BaseRow[] = [
  [1, 'voltage_l1_n', 'voltage', 'Voltage L1-N'],
  [2, 'voltage_l2_n', 'voltage', 'Voltage L2-N'],
  [3, 'voltage_l3_n', 'voltage', 'Voltage L3-N'],
  [4, 'voltage_ln_avg', 'voltage', 'Voltage L-N average'],
  [5, 'voltage_l1_l2', 'voltage', 'Voltage L1-L2'],
  [6, 'voltage_l2_l3', 'voltage', 'Voltage L2-L3'],
  [7, 'voltage_l3_l1', 'voltage', 'Voltage L3-L1'],
  [8, 'voltage_ll_avg', 'voltage', 'Voltage L-L average'],
  [9, 'current_l1', 'current', 'Current L1'],
  [10, 'current_l2', 'current', 'Current L2'],
  [11, 'current_l3', 'current', 'Current L3'],
  [12, 'current_n', 'current', 'Current N'],
];

/** Powers, power factors and frequency, in the order of assembly 102. */
const POWER: readonly BaseRow[] = [
  [13, 'active_power_l1', 'active_power', 'Active power L1'],
  [14, 'active_power_l2', 'active_power', 'Active power L2'],
  [15, 'active_power_l3', 'active_power', 'Active power L3'],
  [16, 'active_power_total', 'active_power', 'Active power total'],
  [17, 'apparent_power_l1', 'apparent_power', 'Apparent power L1'],
  [18, 'apparent_power_l2', 'apparent_power', 'Apparent power L2'],
  [19, 'apparent_power_l3', 'apparent_power', 'Apparent power L3'],
  [20, 'apparent_power_total', 'apparent_power', 'Apparent power total'],
  [21, 'reactive_power_l1', 'reactive_power', 'Reactive power L1'],
  [22, 'reactive_power_l2', 'reactive_power', 'Reactive power L2'],
  [23, 'reactive_power_l3', 'reactive_power', 'Reactive power L3'],
  [24, 'reactive_power_total', 'reactive_power', 'Reactive power total'],
  [25, 'power_factor_l1', 'power_factor', 'Power factor L1'],
  [26, 'power_factor_l2', 'power_factor', 'Power factor L2'],
  [27, 'power_factor_l3', 'power_factor', 'Power factor L3'],
  [28, 'power_factor_total', 'power_factor', 'Power factor total'],
  [29, 'frequency', 'frequency', 'Frequency'],
];

const PHASE_SEQUENCE: BaseRow = [30, 'phase_sequence', 'phase_sequence', 'Phase sequence'];

function gauge([sparkplugAlias, name, quantity, label]: BaseRow): Metric {
  const { min, max, deadband } = QUANTITY_ROWS[quantity];
  return {
    name,
    label,
    quantity,
    unit: UNIT_OF[quantity],
    kind: 'gauge',
    statistic: 'instant',
    range: { min, max },
    deadband,
    sparkplugAlias,
    sparkplugType: 'Float',
    influxType: 'float',
  };
}

interface VariantRow {
  readonly prefix: string;
  readonly label: string;
  readonly statistic: Statistic;
  /** What is added to the alias of the instant value. */
  readonly aliasOffset: number;
}

const MAXIMUM: VariantRow = { prefix: 'max', label: 'Maximum', statistic: 'maximum', aliasOffset: 30 };
const DEMAND: VariantRow = { prefix: 'demand', label: 'Demand', statistic: 'demand', aliasOffset: 59 };

function variant(metric: Metric, { prefix, label: first, statistic, aliasOffset }: VariantRow): Metric {
  const label = `${first} ${metric.label.charAt(0).toLowerCase()}${metric.label.slice(1)}`;
  const sparkplugAlias = (metric.sparkplugAlias ?? 0) + aliasOffset;
  return { ...metric, name: `${prefix}_${metric.name}`, label, statistic, sparkplugAlias };
}

function energyCounter(
  sparkplugAlias: number,
  name: string,
  label: string,
  quantity: 'active_energy' | 'reactive_energy',
): Metric {
  return {
    name,
    label,
    quantity,
    unit: UNIT_OF[quantity],
    kind: 'counter',
    statistic: 'total',
    range: { min: 0, max: ENERGY_ROLLOVER },
    deadband: { absolute: 0 },
    rollover: ENERGY_ROLLOVER,
    sparkplugAlias,
    sparkplugType: 'Double',
    influxType: 'float',
  };
}

function state(sparkplugAlias: number, name: string, label: string): Metric {
  return {
    name,
    label,
    quantity: 'state',
    unit: UNIT_OF.state,
    kind: 'state',
    statistic: 'instant',
    sparkplugAlias,
    sparkplugType: 'Boolean',
    influxType: 'boolean',
  };
}

function text(sparkplugAlias: number, name: string, label: string): Metric {
  return {
    name,
    label,
    quantity: 'identification',
    unit: UNIT_OF.identification,
    kind: 'text',
    statistic: 'instant',
    sparkplugAlias,
    sparkplugType: 'String',
    influxType: 'string',
  };
}

const INSTANT = [...VOLTAGE_CURRENT, ...POWER].map(gauge);

/** Every canonical metric that a meter gives, once. A new one takes an alias that nobody had. */
export const CATALOG: readonly Metric[] = [
  ...INSTANT,
  gauge(PHASE_SEQUENCE),
  ...INSTANT.map((metric) => variant(metric, MAXIMUM)),
  ...INSTANT.map((metric) => variant(metric, DEMAND)),
  energyCounter(89, 'active_energy_import_total', 'Active energy import, total', 'active_energy'),
  energyCounter(90, 'reactive_energy_import_total', 'Reactive energy import, total', 'reactive_energy'),
  energyCounter(91, 'active_energy_export_total', 'Active energy export, total', 'active_energy'),
  energyCounter(92, 'reactive_energy_export_total', 'Reactive energy export, total', 'reactive_energy'),
  energyCounter(93, 'active_energy_import_partial', 'Active energy import, partial', 'active_energy'),
  energyCounter(94, 'reactive_energy_import_partial', 'Reactive energy import, partial', 'reactive_energy'),
  energyCounter(95, 'active_energy_export_partial', 'Active energy export, partial', 'active_energy'),
  energyCounter(96, 'reactive_energy_export_partial', 'Reactive energy export, partial', 'reactive_energy'),
  {
    name: 'run_hours',
    label: 'Run hours',
    quantity: 'duration',
    unit: UNIT_OF.duration,
    kind: 'counter',
    statistic: 'total',
    range: { min: 0, max: RUN_HOURS_ROLLOVER },
    deadband: { absolute: 0 },
    rollover: RUN_HOURS_ROLLOVER,
    sparkplugAlias: 97,
    sparkplugType: 'Double',
    influxType: 'float',
  },
  state(98, 'alarm_1', 'Virtual alarm 1'),
  state(99, 'alarm_2', 'Virtual alarm 2'),
  state(100, 'alarm_3', 'Virtual alarm 3'),
  state(101, 'alarm_4', 'Virtual alarm 4'),
  state(102, 'output_1', 'Output port 1'),
  state(103, 'output_2', 'Output port 2'),
  text(104, 'firmware_base', 'Base firmware revision'),
  text(105, 'firmware_communication', 'Communication firmware revision'),
  text(106, 'firmware_analog', 'Analog module firmware revision'),
  text(107, 'identification_letters', 'Identification letters'),
];

/** Names of the voltages and currents, in table order. */
export const VOLTAGE_CURRENT_NAMES: readonly string[] = VOLTAGE_CURRENT.map(([, name]) => name);
/** Names of the powers, power factors and frequency, in table order. */
export const POWER_NAMES: readonly string[] = POWER.map(([, name]) => name);
/** Names of the nine energy and hour counters, in table order (1420-UM001E p.57 Table 25). */
export const COUNTER_NAMES: readonly string[] = CATALOG.filter((metric) => metric.kind === 'counter').map(
  (metric) => metric.name,
);
