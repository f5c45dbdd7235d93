/**
 * The row types of the meter table. Rows hold plain values only, so that the same facts can be written as JSON by a
 * site and read by the decoder, the simulator, the editor, births, dashboards and documents.
 */

/**
 * How well a fact is known. Only `verified` was read: in the manual, or in the specification of the protocol. See
 * docs/device-knowledge.md.
 */
export const PROVENANCES = ['verified', 'inferred', 'assumed'] as const;
export type Provenance = (typeof PROVENANCES)[number];

export const QUANTITIES = [
  'voltage',
  'current',
  'active_power',
  'apparent_power',
  'reactive_power',
  'power_factor',
  'frequency',
  'phase_sequence',
  'active_energy',
  'reactive_energy',
  'duration',
  'state',
  'identification',
  'ratio',
  'emission',
  'cost',
  'time',
] as const;
export type Quantity = (typeof QUANTITIES)[number];

/**
 * SI units and the units that electricity metering uses beside them; the empty string is dimensionless. `ms` is a point
 * in time, epoch milliseconds UTC; `currency` is the currency of the site's tariff.
 */
export const UNITS = ['V', 'A', 'W', 'VA', 'var', 'Hz', 'Wh', 'varh', 'h', '%', 'kg', 'ms', 'currency', ''] as const;
export type Unit = (typeof UNITS)[number];

/** The one unit in which a metric of the table has a quantity. A metric that a site defines may have another. */
export const UNIT_OF: Readonly<Record<Quantity, Unit>> = {
  voltage: 'V',
  current: 'A',
  active_power: 'W',
  apparent_power: 'VA',
  reactive_power: 'var',
  power_factor: '',
  frequency: 'Hz',
  phase_sequence: '',
  active_energy: 'Wh',
  reactive_energy: 'varh',
  duration: 'h',
  state: '',
  identification: '',
  ratio: '%',
  emission: 'kg',
  cost: 'currency',
  time: 'ms',
};

/** What a value is: it goes up and down, only up, is on or off, or is words. */
export const METRIC_KINDS = ['gauge', 'counter', 'state', 'text'] as const;
export type MetricKind = (typeof METRIC_KINDS)[number];

/**
 * The value as measured now, its maximum since reset, its demand (a window average), a running total, what was added
 * since the value before, or what belongs to one calendar period.
 */
export type Statistic = 'instant' | 'maximum' | 'demand' | 'total' | 'delta' | 'period';

/** Report by exception: a change smaller than this is not reported. One of the two, in the metric's unit or percent. */
export interface Deadband {
  readonly absolute?: number;
  readonly percent?: number;
}

/** A canonical metric: what every sink, dashboard, template and document calls a value, and its unit. */
export interface Metric {
  /** `quantity_qualifier` in lower snake case. */
  readonly name: string;
  /** English, for people. */
  readonly label: string;
  readonly quantity: Quantity;
  readonly unit: Unit;
  readonly kind: MetricKind;
  readonly statistic: Statistic;
  /** Values outside are physically impossible for this meter and never shown as good; both ends belong to the range. */
  readonly range?: { readonly min: number; readonly max: number };
  readonly deadband?: Deadband;
  /** A counter's largest value in `unit`. That it starts again from zero is to be expected; the manual page was not read. */
  readonly rollover?: number;
  /**
   * Place among the Sparkplug aliases of a device; it never changes and is never given to another metric. Absent for what
   * only a site or a flow defines: those are counted up by the edge node.
   */
  readonly sparkplugAlias?: number;
  /** Sparkplug B datatype of the flat metric of the same name. */
  readonly sparkplugType: 'Float' | 'Double' | 'Boolean' | 'String';
  /** Type of the InfluxDB field of the same name; it never changes. */
  readonly influxType: 'float' | 'boolean' | 'string';
}

/** A copy that nobody can change; the same where nobody could. */
export function frozenMetric(metric: Metric): Metric {
  if (Object.isFrozen(metric)) return metric;
  const { range, deadband, ...rest } = metric;
  return Object.freeze({
    ...rest,
    ...(range === undefined ? {} : { range: Object.freeze({ ...range }) }),
    ...(deadband === undefined ? {} : { deadband: Object.freeze({ ...deadband }) }),
  });
}

/**
 * How raw elements become a value. Elements are those of one assembly, all of the assembly's element type.
 * - `REAL`: one IEEE 754 single, times `scale`
 * - `REAL_PAIR`: two REALs, the high one first unless `order` says otherwise: (high x `pairScale` + low) x `scale`
 * - `ULINT`: one unsigned 64-bit number, the low half first unless `order` says otherwise, times `scale`
 * - `HOURS_MINUTES`: a ULINT, hours = value div 100, minutes = value mod 100, in hours
 * - `UINT`: one unsigned 16-bit number, times `scale`
 * - `BIT`: bit `bit` of one UINT, on = true
 * - `REVISION`: one UINT, high byte an ASCII model letter, low byte a number, shown as "A.7"
 * - `LETTERS`: `elements` UINTs of two ASCII letters each, the odd-numbered letter in the high byte
 */
export const ENCODINGS = ['REAL', 'REAL_PAIR', 'ULINT', 'HOURS_MINUTES', 'UINT', 'BIT', 'REVISION', 'LETTERS'] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** Which half of a number of two halves stands first. */
export const HALF_ORDERS = ['high-first', 'low-first'] as const;
export type HalfOrder = (typeof HALF_ORDERS)[number];

/** One row of the meter table: where in an assembly a canonical metric stands, and how well that is known. */
export interface Measurement {
  /** Name of the canonical metric. */
  readonly metric: string;
  /** Number of its (first) element as the manual prints it; the first of an assembly is `Assembly.firstElement`. */
  readonly element: number;
  /** How many elements it takes; 1 where absent, 2 for REAL_PAIR. */
  readonly elements?: number;
  readonly encoding: Encoding;
  /** Turns the meter's number into the metric's unit; 1 where absent. */
  readonly scale?: number;
  /** REAL_PAIR only: what one step of the high element is worth, in steps of the low one. */
  readonly pairScale?: number;
  /** REAL_PAIR, ULINT, HOURS_MINUTES: absent for a pair with the high REAL first, and for a little-endian ULINT. */
  readonly order?: HalfOrder;
  /** BIT only: 0 is the least significant. */
  readonly bit?: number;
  /** Letters in the text, for LETTERS. */
  readonly letters?: number;
  readonly source: string;
  readonly provenance: Provenance;
}

export type ElementType = 'REAL' | 'UINT' | 'ULINT';

/** One assembly instance. Its size and element count are facts of their own, known even where its rows are not. */
export interface Assembly {
  readonly instance: number;
  readonly title: string;
  /** Name of the group of the meter model that it is polled with. */
  readonly group: string;
  readonly elementType: ElementType;
  readonly elementCount: number;
  /** Number that the manual gives the first element: 1 in most assemblies, 0 in 108. */
  readonly firstElement: 0 | 1;
  /** Length of attribute 3 in bytes. */
  readonly sizeBytes: number;
  readonly sizeSource: string;
  readonly sizeProvenance: Provenance;
  readonly measurements: readonly Measurement[];
}

/** A whole layout: the built-in one, or a site's own file of the same format. */
export interface Layout {
  readonly format: 'pm500.layout/1';
  /** Shown wherever a person reads or chooses the layout. */
  readonly name: string;
  readonly assemblies: readonly Assembly[];
  /** Metrics that the catalog lacks and this layout's rows name. */
  readonly metrics?: readonly Metric[];
}
