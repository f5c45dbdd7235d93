import type { CatalogNumber, EnergyCandidate, MeterModel, Register, WiringRow } from '../../src/meters/meter-model';
import type { Assembly, Measurement, Metric } from '../../src/metrics/measurement';

/*
 * A meter that nobody builds, as different from a PowerMonitor 500 as the format allows: other assemblies, sizes and
 * groups, other registers, another identity, other wirings and limits. It proves that a model is a value.
 */

const source = 'made up for tests';
const verified = { source, provenance: 'verified' } as const;
const assumed = { source: 'assumed: made up for tests', provenance: 'assumed' } as const;
const fact = <Value>(value: Value, unit = '') => ({ value, unit, ...verified });

const VOLTAGES = ['voltage_l3_l1', 'voltage_l2_l3', 'voltage_l1_l2'] as const;
const CURRENTS = ['current_l3', 'current_l2', 'current_l1'] as const;
const COUNTERS = ['active_energy_export_total', 'active_energy_import_total'] as const;
const ENERGY_INSTANCE = 7;

/** A quantity that the catalog lacks. */
export const NEUTRAL_SHIFT: Metric = {
  name: 'neutral_shift',
  label: 'Neutral shift',
  quantity: 'voltage',
  unit: 'V',
  kind: 'gauge',
  statistic: 'instant',
  range: { min: 0, max: 1000 },
  sparkplugType: 'Float',
  influxType: 'float',
};

const real = (metric: string, element: number, scale?: number): Measurement => ({
  metric,
  element,
  encoding: 'REAL',
  ...(scale === undefined ? {} : { scale }),
  ...verified,
});
const sized = { sizeSource: source, sizeProvenance: 'verified' } as const;

function energyAssembly(scale: number): Assembly {
  return {
    instance: ENERGY_INSTANCE,
    title: 'Counters',
    group: 'meters',
    elementType: 'ULINT',
    elementCount: 3,
    firstElement: 0,
    sizeBytes: 24,
    ...sized,
    measurements: COUNTERS.map((metric, index) => ({
      metric,
      element: index + 1,
      encoding: 'ULINT',
      scale,
      ...assumed,
    })),
  };
}

const candidate = (name: string, scale: number): EnergyCandidate => ({
  name,
  description: `Two 64-bit counters in steps of ${scale} Wh behind one that is not used.`,
  source: assumed.source,
  encoding: 'ULINT',
  scale,
  assembly: energyAssembly(scale),
});
const CANDIDATES = [candidate('hundreds-wh', 100), candidate('single-wh', 1)];

const ASSEMBLIES: readonly Assembly[] = [
  {
    instance: 3,
    title: 'Nameplate',
    group: 'nameplate',
    elementType: 'UINT',
    elementCount: 9,
    firstElement: 1,
    sizeBytes: 18,
    ...sized,
    measurements: [
      { metric: 'identification_letters', element: 1, elements: 7, encoding: 'LETTERS', letters: 13, ...verified },
      { metric: 'firmware_base', element: 9, encoding: 'REVISION', ...verified },
    ],
  },
  {
    instance: 5,
    title: 'Live values',
    group: 'live',
    elementType: 'REAL',
    elementCount: 11,
    firstElement: 0,
    sizeBytes: 44,
    ...sized,
    measurements: [
      real('frequency', 0),
      ...VOLTAGES.map((metric, index) => real(metric, 1 + index)),
      ...CURRENTS.map((metric, index) => real(metric, 4 + index, 0.001)),
      real('active_power_total', 8, 1000),
      real('reactive_power_total', 9, 1000),
      real(NEUTRAL_SHIFT.name, 10),
    ],
  },
  energyAssembly(100),
];

const register = (row: Omit<Register, 'source' | 'provenance'>): Register => ({ ...row, ...verified });
const LIVE: readonly Register[] = [
  register({ register: 300_401, words: 2, label: 'Frequency', encoding: 'REAL', metric: 'frequency' }),
  register({ register: 300_403, words: 2, label: 'Active power', encoding: 'REAL', metric: 'active_power_total' }),
];
const METERS: readonly Register[] = [
  register({
    register: 300_501,
    words: 4,
    label: 'Energy import',
    encoding: 'ULINT',
    metric: 'active_energy_import_total',
  }),
  register({
    register: 300_505,
    words: 4,
    label: 'Energy export',
    encoding: 'ULINT',
    metric: 'active_energy_export_total',
  }),
];
const NAMEPLATE: readonly Register[] = [
  register({ register: 300_901, words: 1, label: 'Firmware', encoding: 'REVISION', metric: 'firmware_base' }),
];
const BAUD_CODE = register({ register: 300_950, words: 1, label: 'Rate', encoding: 'UINT' });

const catalogRow = (catalogNumber: string, productCode: number, ratedVoltage: number, modelLetter: string) =>
  ({
    catalogNumber,
    productCode,
    ratedVoltage,
    nominalLineToNeutral: Math.round(ratedVoltage / Math.sqrt(3)),
    inputsOutputs: 'none',
    modelLetter,
  }) satisfies CatalogNumber;

const wiringRow = (mode: string, label: string, names: readonly string[]): WiringRow => ({
  mode,
  label,
  exists: new Set(names),
  assumesBalance: false,
  ...verified,
});
const DELTA = ['frequency', ...VOLTAGES, ...CURRENTS, 'active_power_total', 'reactive_power_total'];

export const EM3: MeterModel = {
  name: 'Made-Up EM3',
  identity: {
    vendorId: 1_234,
    deviceType: 0x2b,
    productName: 'EM3 made up',
    serialNumbers: { min: 1_000, max: 9_999 },
    catalogNumbers: [catalogRow('EM3-208', 77, 208, 'X'), catalogRow('EM3-480', 78, 480, 'Y')],
    usualCatalogNumber: 'EM3-480',
  },
  layout: { format: 'pm500.layout/1', name: 'EM3 layout', assemblies: ASSEMBLIES, metrics: [NEUTRAL_SHIFT] },
  groups: [
    { name: 'meters', label: 'Counters', assemblies: [ENERGY_INSTANCE] },
    { name: 'live', label: 'Live values', assemblies: [5] },
    { name: 'nameplate', label: 'Nameplate', assemblies: [3] },
  ],
  energy: { instance: ENERGY_INSTANCE, candidates: CANDIDATES, assumed: 'hundreds-wh' },
  registers: {
    all: [...LIVE, ...METERS, ...NAMEPLATE, BAUD_CODE],
    groups: [
      { group: 'live', registers: LIVE },
      { group: 'meters', registers: METERS },
      { group: 'nameplate', registers: NAMEPLATE },
    ],
    product: 'nameplate',
    factory: new Map([[BAUD_CODE.register, 4]]),
  },
  quirks: {
    minimumReadIntervalMs: fact(50, 'ms'),
    minimumRpiMs: fact(20, 'ms'),
    heartbeatInputOnly: fact(198),
    heartbeatListenOnly: fact(199),
    configurationInstance: fact(151),
    assemblyConnections: fact(6),
    modbusTcpSockets: fact(4),
    modbusSuspendsEnip: fact(false),
    modbusPort: fact(1_502),
    modbusUnitId: fact(7),
    modbusBaudRate: fact(38_400),
    modbusFirstRegister: fact(300_201),
    overloadBits: fact(0x7f80_0001),
  },
  wiring: {
    rows: [
      wiringRow('delta', 'three wires', DELTA),
      wiringRow('single', 'two wires', ['frequency', 'voltage_l1_l2', 'current_l1']),
    ],
    metrics: DELTA,
    usual: 'delta',
  },
  defaultAlarms: ({ frequencyHz }) => [
    {
      id: 'em3_frequency',
      metric: 'frequency',
      condition: 'outside',
      low: frequencyHz - 0.0001,
      high: frequencyHz + 0.0001,
      severity: 'warning',
      message: 'The EM3 sees another frequency.',
      ...assumed,
    },
  ],
};
