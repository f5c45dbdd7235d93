import type { Register, RegisterGroup } from '../meter-model';
import { WIRING_MODES } from './identity';
import { SOURCES } from './sources';

/*
 * The Modbus registers of a PowerMonitor 500. Numbers are columns, never computed: they are not contiguous. Values of 32
 * and 64 bit start with the least significant word (1420-UM001D p.43).
 */

const product = { source: SOURCES.product, provenance: 'verified' } as const;
const realtime = { words: 2, encoding: 'REAL', source: SOURCES.sisterOrder, provenance: 'inferred' } as const;
const energy = { words: 4, source: SOURCES.energy, provenance: 'verified' } as const;
const configuration = { source: SOURCES.configuration, provenance: 'verified' } as const;
const clock = { words: 1, encoding: 'UINT', source: SOURCES.clock, provenance: 'verified' } as const;
const outputs = { source: SOURCES.outputs, provenance: 'verified' } as const;
const status = { words: 1, encoding: 'FLAGS', source: SOURCES.status, provenance: 'verified' } as const;

const LINKED_COUNTERS = [
  'Total kWh+',
  'Total kVARh+',
  'Total kWh-',
  'Total kVARh-',
  'Partial kWh+',
  'Partial kVARh+',
  'Partial kWh-',
  'Partial kVARh-',
] as const;
const OUTPUT_FUNCTIONS = ['remote', 'alarm', 'pulse'] as const;
const NO_YES = ['no', 'yes'] as const;

/** Product information, the Modbus side of assembly 100. */
const PRODUCT_REGISTERS: readonly Register[] = [
  {
    register: 300_001,
    words: 1,
    label: 'Base firmware revision',
    encoding: 'REVISION',
    metric: 'firmware_base',
    ...product,
  },
  {
    register: 300_002,
    words: 1,
    label: 'Communication firmware revision',
    encoding: 'REVISION',
    metric: 'firmware_communication',
    ...product,
  },
  {
    register: 300_003,
    words: 1,
    label: 'Analog module firmware revision',
    encoding: 'REVISION',
    metric: 'firmware_analog',
    ...product,
  },
  {
    register: 300_033,
    words: 7,
    label: 'Identification letters',
    encoding: 'LETTERS',
    metric: 'identification_letters',
    letters: 13,
    note: '13 letters; the low byte of the last word is not described',
    ...product,
  },
];

/** Real-time values; candidate numbers of the sister product, not read from the manual. */
export const REALTIME_REGISTERS: readonly Register[] = [
  { register: 300_081, label: 'V L1-N', metric: 'voltage_l1_n', unit: 'V', ...realtime },
  { register: 300_083, label: 'V L2-N', metric: 'voltage_l2_n', unit: 'V', ...realtime },
  { register: 300_085, label: 'V L3-N', metric: 'voltage_l3_n', unit: 'V', ...realtime },
  { register: 300_087, label: 'V L-N system', metric: 'voltage_ln_avg', unit: 'V', ...realtime },
  { register: 300_089, label: 'V L1-L2', metric: 'voltage_l1_l2', unit: 'V', ...realtime },
  { register: 300_091, label: 'V L2-L3', metric: 'voltage_l2_l3', unit: 'V', ...realtime },
  { register: 300_093, label: 'V L3-L1', metric: 'voltage_l3_l1', unit: 'V', ...realtime },
  { register: 300_095, label: 'V L-L system', metric: 'voltage_ll_avg', unit: 'V', ...realtime },
  { register: 300_097, label: 'A L1', metric: 'current_l1', unit: 'A', ...realtime },
  { register: 300_099, label: 'A L2', metric: 'current_l2', unit: 'A', ...realtime },
  { register: 300_101, label: 'A L3', metric: 'current_l3', unit: 'A', ...realtime },
  { register: 300_103, label: 'A N', metric: 'current_n', unit: 'A', ...realtime },
  { register: 300_105, label: 'Active power L1', metric: 'active_power_l1', unit: 'W', ...realtime },
  { register: 300_107, label: 'Active power L2', metric: 'active_power_l2', unit: 'W', ...realtime },
  { register: 300_109, label: 'Active power L3', metric: 'active_power_l3', unit: 'W', ...realtime },
  { register: 300_111, label: 'Active power system', metric: 'active_power_total', unit: 'W', ...realtime },
  { register: 300_113, label: 'Apparent power L1', metric: 'apparent_power_l1', unit: 'VA', ...realtime },
  { register: 300_115, label: 'Apparent power L2', metric: 'apparent_power_l2', unit: 'VA', ...realtime },
  { register: 300_117, label: 'Apparent power L3', metric: 'apparent_power_l3', unit: 'VA', ...realtime },
  { register: 300_119, label: 'Apparent power system', metric: 'apparent_power_total', unit: 'VA', ...realtime },
  { register: 300_121, label: 'Reactive power L1', metric: 'reactive_power_l1', unit: 'var', ...realtime },
  { register: 300_123, label: 'Reactive power L2', metric: 'reactive_power_l2', unit: 'var', ...realtime },
  { register: 300_125, label: 'Reactive power L3', metric: 'reactive_power_l3', unit: 'var', ...realtime },
  { register: 300_127, label: 'Reactive power system', metric: 'reactive_power_total', unit: 'var', ...realtime },
  { register: 300_129, label: 'Power factor L1', metric: 'power_factor_l1', unit: '', ...realtime },
  { register: 300_131, label: 'Power factor L2', metric: 'power_factor_l2', unit: '', ...realtime },
  { register: 300_133, label: 'Power factor L3', metric: 'power_factor_l3', unit: '', ...realtime },
  { register: 300_135, label: 'Power factor system', metric: 'power_factor_total', unit: '', ...realtime },
  { register: 300_137, label: 'Frequency', metric: 'frequency', unit: 'Hz', ...realtime },
];

/** 64-bit counters. The manual names them in kilo units; the raw numbers are Wh and varh. */
export const ENERGY_REGISTERS: readonly Register[] = [
  {
    register: 301_281,
    label: 'Total kWh+',
    encoding: 'ULINT',
    metric: 'active_energy_import_total',
    unit: 'Wh',
    ...energy,
  },
  {
    register: 301_285,
    label: 'Total kVARh+',
    encoding: 'ULINT',
    metric: 'reactive_energy_import_total',
    unit: 'varh',
    ...energy,
  },
  {
    register: 301_289,
    label: 'Total kWh-',
    encoding: 'ULINT',
    metric: 'active_energy_export_total',
    unit: 'Wh',
    ...energy,
  },
  {
    register: 301_293,
    label: 'Total kVARh-',
    encoding: 'ULINT',
    metric: 'reactive_energy_export_total',
    unit: 'varh',
    ...energy,
  },
  {
    register: 301_297,
    label: 'Partial kWh+',
    encoding: 'ULINT',
    metric: 'active_energy_import_partial',
    unit: 'Wh',
    ...energy,
  },
  {
    register: 301_301,
    label: 'Partial kVARh+',
    encoding: 'ULINT',
    metric: 'reactive_energy_import_partial',
    unit: 'varh',
    ...energy,
  },
  {
    register: 301_305,
    label: 'Partial kWh-',
    encoding: 'ULINT',
    metric: 'active_energy_export_partial',
    unit: 'Wh',
    ...energy,
  },
  {
    register: 301_309,
    label: 'Partial kVARh-',
    encoding: 'ULINT',
    metric: 'reactive_energy_export_partial',
    unit: 'varh',
    ...energy,
  },
  { register: 301_313, label: 'Hours counter', encoding: 'HOURS_MINUTES', metric: 'run_hours', ...energy },
];

/** Base configuration. Read only here; the meter would take writes. */
const CONFIGURATION_REGISTERS: readonly Register[] = [
  { register: 304_097, words: 1, label: 'Password', encoding: 'UINT', note: '0 to 9999', ...configuration },
  {
    register: 304_098,
    words: 1,
    label: 'Electrical system selection',
    encoding: 'UINT',
    values: WIRING_MODES,
    note: 'default 5',
    ...configuration,
  },
  {
    register: 304_099,
    words: 1,
    label: 'Reserved',
    encoding: 'UINT',
    note: 'Rev D gives value 5; rev E gives none',
    ...configuration,
  },
  {
    register: 304_101,
    words: 1,
    label: 'Backlight mode',
    encoding: 'UINT',
    unit: 'min',
    note: '0 to 255; 0 = always on',
    ...configuration,
  },
  {
    register: 304_107,
    words: 1,
    label: 'Demand calculation',
    encoding: 'UINT',
    values: ['fixed', 'sliding (W and VA only)'],
    ...configuration,
  },
  {
    register: 304_108,
    words: 1,
    label: 'Demand time interval',
    encoding: 'UINT',
    values: ['1 min', '5 min', '10 min', '15 min', '20 min', '30 min', '60 min'],
    ...configuration,
  },
  {
    register: 304_110,
    words: 1,
    label: 'Demand synchronization',
    encoding: 'UINT',
    values: ['off', 'clock'],
    ...configuration,
  },
  { register: 304_121, words: 2, label: 'CT ratio', encoding: 'REAL', note: '1.0 to 9999.0', ...configuration },
  { register: 304_123, words: 2, label: 'VT (PT) ratio', encoding: 'REAL', note: '1.0 to 9999.0', ...configuration },
  {
    register: 304_127,
    words: 2,
    label: 'Filter span',
    encoding: 'REAL',
    note: '0.0 to 100.0; 0.0 disables the filter',
    ...configuration,
  },
  {
    register: 304_129,
    words: 2,
    label: 'Filter coefficient',
    encoding: 'REAL',
    note: '1.0 to 256.0',
    ...configuration,
  },
  {
    register: 304_177,
    words: 16,
    label: 'Virtual alarm 1 block',
    encoding: 'BLOCK',
    note: '16 words: enable (1), linked variable, on-delay in s, set points as REAL at words 3 and 5',
    ...configuration,
  },
  {
    register: 304_193,
    words: 16,
    label: 'Virtual alarm 2 block',
    encoding: 'BLOCK',
    note: 'number by the 16-word spacing; row not read whole',
    ...configuration,
    provenance: 'inferred',
  },
  {
    register: 304_209,
    words: 16,
    label: 'Virtual alarm 3 block',
    encoding: 'BLOCK',
    note: 'number by the 16-word spacing; row not read whole',
    ...configuration,
    provenance: 'inferred',
  },
  {
    register: 304_225,
    words: 16,
    label: 'Virtual alarm 4 block',
    encoding: 'BLOCK',
    note: 'number by the 16-word spacing; row not read whole',
    ...configuration,
    provenance: 'inferred',
  },
];

/** The clock, printed under the heading of Table 28; whether it can be written was not read. */
const CLOCK_REGISTERS: readonly Register[] = [
  { register: 304_356, label: 'Clock format', values: ['24 h', 'AM/PM'], ...clock },
  { register: 304_357, label: 'Daylight saving enable', values: NO_YES, ...clock },
  { register: 304_358, label: 'Year', note: '2009 to 2099', ...clock },
  { register: 304_359, label: 'Month', note: '1 to 12', ...clock },
  { register: 304_360, label: 'Day', note: '1 to 31', ...clock },
  { register: 304_361, label: 'Hour', note: '0 to 23', ...clock },
  { register: 304_362, label: 'Minutes', note: '0 to 59', ...clock },
  { register: 304_363, label: 'Seconds', note: '0 to 59', ...clock },
  { register: 304_364, label: 'DST start month', note: '1 to 12', ...clock },
  { register: 304_365, label: 'DST start Sunday', note: '0 to 4; 0 = last Sunday of the month', ...clock },
  { register: 304_366, label: 'DST start hour', note: '0 to 23, 24 h format only', ...clock },
  { register: 304_367, label: 'DST end month', note: '1 to 12', ...clock },
  { register: 304_368, label: 'DST end Sunday', note: '0 to 4; 0 = last Sunday of the month', ...clock },
  {
    register: 304_369,
    label: 'DST end hour',
    note: 'Row address seen, text cut; meaning by symmetry with 304366',
    ...clock,
    provenance: 'inferred',
  },
];

/** Digital output configuration. Read only here. */
const OUTPUT_REGISTERS: readonly Register[] = [
  {
    register: 304_865,
    words: 1,
    label: 'Digital output 1 function',
    encoding: 'UINT',
    values: OUTPUT_FUNCTIONS,
    ...outputs,
  },
  {
    register: 304_866,
    words: 1,
    label: 'Digital output 1 contact mode',
    encoding: 'UINT',
    values: ['NO', 'NC'],
    note: 'alarm function only',
    ...outputs,
  },
  {
    register: 304_867,
    words: 1,
    label: 'Digital output 1 linked alarm',
    encoding: 'UINT',
    note: '0 to 3 = AL1 to AL4; alarm function only',
    ...outputs,
  },
  {
    register: 304_868,
    words: 1,
    label: 'Digital output 1 linked counter',
    encoding: 'UINT',
    values: LINKED_COUNTERS,
    ...outputs,
  },
  {
    register: 304_869,
    words: 2,
    label: 'Digital output 1 pulse weight',
    encoding: 'REAL',
    unit: 'kWh/pulse or kvarh/pulse',
    note: '0.001 to 9999.9',
    ...outputs,
  },
  {
    register: 304_871,
    words: 1,
    label: 'Digital output 2 function',
    encoding: 'UINT',
    values: OUTPUT_FUNCTIONS,
    ...outputs,
  },
  {
    register: 304_872,
    words: 1,
    label: 'Digital output 2 contact mode',
    encoding: 'UINT',
    values: ['NO', 'NC'],
    note: 'alarm function only',
    ...outputs,
  },
  {
    register: 304_873,
    words: 1,
    label: 'Digital output 2 linked alarm',
    encoding: 'UINT',
    note: '0 to 3 = AL1 to AL4; alarm function only',
    ...outputs,
  },
  {
    register: 304_874,
    words: 1,
    label: 'Digital output 2 linked counter',
    encoding: 'UINT',
    values: LINKED_COUNTERS,
    ...outputs,
  },
  {
    register: 304_875,
    words: 2,
    label: 'Digital output 2 pulse weight',
    encoding: 'REAL',
    unit: 'kWh/pulse or kvarh/pulse',
    note: '0.001 to 9999.0',
    ...outputs,
  },
];

/** Alarm and output status, the Modbus side of assembly 108, and the fitted modules. */
export const STATUS_REGISTERS: readonly Register[] = [
  {
    register: 316_385,
    label: 'Virtual alarms',
    values: ['alarm 1', 'alarm 2', 'alarm 3', 'alarm 4'],
    bitMetrics: ['alarm_1', 'alarm_2', 'alarm_3', 'alarm_4'],
    ...status,
  },
  {
    register: 316_386,
    label: 'Outputs',
    values: ['output 1', 'output 2'],
    bitMetrics: ['output_1', 'output_2'],
    note: 'not meaningful when the port is linked to an energy counter',
    ...status,
  },
  {
    register: 316_387,
    label: 'Fitted modules',
    values: [
      'relay output',
      'reserved',
      'RS-485/RS-232',
      'Ethernet Modbus',
      'reserved',
      'analog output',
      'reserved',
      'reserved',
      'EtherNet/IP',
    ],
    note: '1 = present; not part of assembly 108',
    ...status,
  },
];

/** The registers of a group of groups.ts; of maxima and demands none are known. */
export const REGISTER_GROUPS: readonly RegisterGroup[] = [
  { group: 'realtime', registers: REALTIME_REGISTERS },
  { group: 'energy', registers: ENERGY_REGISTERS },
  { group: 'status', registers: STATUS_REGISTERS },
  { group: 'product', registers: PRODUCT_REGISTERS },
];

/** Every register that is known, in order of number. */
export const REGISTERS: readonly Register[] = [
  ...PRODUCT_REGISTERS,
  ...REALTIME_REGISTERS,
  ...ENERGY_REGISTERS,
  ...CONFIGURATION_REGISTERS,
  ...CLOCK_REGISTERS,
  ...OUTPUT_REGISTERS,
  ...STATUS_REGISTERS,
];

/**
 * What a new meter holds, as far as the simulator shows it: three phases and neutral, demand over fixed 15 minutes by
 * the clock, no transformers. Where zero is out of the printed range there is something in it: no filter, United States
 * daylight saving time though it is off, pulses of one.
 */
export const FACTORY_SETTINGS: ReadonlyMap<number, number> = new Map([
  [304_098, WIRING_MODES.indexOf('3PN')],
  [304_108, 3],
  [304_110, 1],
  [304_121, 1],
  [304_123, 1],
  [304_129, 1],
  [304_364, 3],
  [304_367, 11],
  [304_869, 1],
  [304_875, 1],
]);

/** Year, month, day, hours, minutes, seconds. */
export const CLOCK_REGISTER = 304_358;

/** Bits of register 316387: Ethernet Modbus and EtherNet/IP are there always (1420-UM001D p.61 Table 32). */
export const FITTED_MODULES = { register: 316_387, fitted: (1 << 3) | (1 << 8), analog: 1 << 5 } as const;
