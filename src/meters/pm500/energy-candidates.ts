import { COUNTER_NAMES } from '../../metrics/catalog';
import { HALF_ORDERS, type Assembly, type HalfOrder, type Measurement } from '../../metrics/measurement';
import type { EnergyCandidate } from '../meter-model';
import { SOURCES } from './sources';

/**
 * What assembly 107 may hold. Its size, 72 bytes, was read in the manual; its data table was not. Each row is one way to
 * fill these bytes with the nine counters in the order of the registers, none of them more than assumed. The layout check
 * decides among them on a meter.
 */

export const ENERGY_INSTANCE = 107;

/** What a candidate says before its assembly is worked out. */
type CandidateRow = Omit<EnergyCandidate, 'assembly'>;

const KILO = 1000;
const DISPLAY_STEP_WH = 100;

interface PairStep {
  readonly pairScale: number;
  readonly scale: number;
  readonly name: string;
  readonly high: string;
  readonly low: string;
}

const GWH_KWH: PairStep = { pairScale: 1_000_000, scale: KILO, name: 'gwh-kwh', high: 'GWh', low: 'kWh' };

const PAIR_STEPS: readonly PairStep[] = [
  GWH_KWH,
  { pairScale: 1_000, scale: KILO, name: 'mwh-kwh', high: 'MWh', low: 'kWh' },
  { pairScale: 1_000_000, scale: 1, name: 'mwh-wh', high: 'MWh', low: 'Wh' },
  { pairScale: 1_000, scale: 1, name: 'kwh-wh', high: 'kWh', low: 'Wh' },
];

function pairCandidate({ pairScale, scale, name, high, low }: PairStep, order: HalfOrder): CandidateRow {
  const isAssumed = pairScale === 1_000_000 && scale === KILO && order === 'high-first';
  const [first, second] = order === 'high-first' ? [high, low] : [low, high];
  return {
    name: order === 'high-first' ? `pairs-${name}` : `pairs-low-first-${name}`,
    description: `Two REALs for each counter, first whole ${order === 'high-first' ? first : `${first} below one ${high}`}, then ${order === 'high-first' ? `the ${second} below one ${high}` : `whole ${second}`}.`,
    source: isAssumed ? SOURCES.energyPairs : SOURCES.energyPairsOther,
    encoding: 'REAL_PAIR',
    order,
    pairScale,
    scale,
  };
}

const ROWS: readonly CandidateRow[] = [
  ...PAIR_STEPS.flatMap((step) => HALF_ORDERS.map((order) => pairCandidate(step, order))),
  {
    name: 'counters-64-bit-wh',
    description: 'Nine unsigned 64-bit counters in Wh, little-endian, as the registers over Modbus have them.',
    source: SOURCES.energyWide,
    encoding: 'ULINT',
    order: 'low-first',
    scale: 1,
  },
  {
    name: 'counters-64-bit-high-first-wh',
    description: 'Nine unsigned 64-bit counters in Wh, the high half of 32 bits before the low one.',
    source: SOURCES.energyWide,
    encoding: 'ULINT',
    order: 'high-first',
    scale: 1,
  },
  {
    name: 'counters-64-bit-tenths-kwh',
    description: 'Nine unsigned 64-bit counters in steps of 0.1 kWh, little-endian.',
    source: SOURCES.energyWideTenths,
    encoding: 'ULINT',
    order: 'low-first',
    scale: DISPLAY_STEP_WH,
  },
  {
    name: 'singles-kwh',
    description: 'One REAL in kWh for each counter in elements 1 to 9; what elements 10 to 18 hold is not known.',
    source: SOURCES.energySingles,
    encoding: 'REAL',
    scale: KILO,
  },
  {
    name: 'singles-wh',
    description: 'One REAL in Wh for each counter in elements 1 to 9; what elements 10 to 18 hold is not known.',
    source: SOURCES.energySingles,
    encoding: 'REAL',
    scale: 1,
  },
];

/** Run hours are hours in a REAL, and hours and minutes in 64 bits, as in register 301313. */
function rowOf(candidate: CandidateRow, metric: string, index: number): Measurement {
  const { encoding, order, pairScale, scale, source } = candidate;
  const isHours = metric === 'run_hours';
  const common = { metric, source, provenance: 'assumed' } as const;
  switch (encoding) {
    case 'REAL_PAIR':
      return {
        ...common,
        element: 2 * index + 1,
        elements: 2,
        encoding,
        ...(order === 'low-first' ? { order } : {}),
        ...(pairScale === undefined ? {} : { pairScale }),
        scale: isHours ? 1 : scale,
      };
    case 'ULINT':
      return {
        ...common,
        element: index + 1,
        encoding: isHours ? 'HOURS_MINUTES' : encoding,
        ...(order === 'high-first' ? { order } : {}),
        ...(isHours ? {} : { scale }),
      };
    case 'REAL':
      return { ...common, element: index + 1, encoding, scale: isHours ? 1 : scale };
  }
}

/** Assembly 107 as a candidate has it: its 72 bytes were read. */
function energyAssembly(candidate: CandidateRow): Assembly {
  const isWide = candidate.encoding === 'ULINT';
  return {
    instance: ENERGY_INSTANCE,
    title: 'Energy meters',
    group: 'energy',
    elementType: isWide ? 'ULINT' : 'REAL',
    elementCount: isWide ? 9 : 18,
    firstElement: 1,
    sizeBytes: 72,
    sizeSource: SOURCES.sizes,
    sizeProvenance: 'verified',
    measurements: COUNTER_NAMES.map((metric, index) => rowOf(candidate, metric, index)),
  };
}

export const ENERGY_CANDIDATES: readonly EnergyCandidate[] = ROWS.map((row) => ({
  ...row,
  assembly: energyAssembly(row),
}));

const ASSUMED_ROW = pairCandidate(GWH_KWH, 'high-first');
/** The one that the working layout assumes: Rockwell's other power monitors split energy as "x 10^6" and "x 1". */
export const ASSUMED_ENERGY: EnergyCandidate = { ...ASSUMED_ROW, assembly: energyAssembly(ASSUMED_ROW) };
