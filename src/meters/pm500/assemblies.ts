import { POWER_NAMES, VOLTAGE_CURRENT_NAMES } from '../../metrics/catalog';
import { ASSUMED_ENERGY } from './energy-candidates';
import type { Assembly, Layout, Measurement } from '../../metrics/measurement';
import { SOURCES } from './sources';

/**
 * THE TABLE: what stands where in the nine assemblies of a PowerMonitor 500.
 *
 * Sizes of all assemblies and the rows of 100 and 108 were read from the manual (1420-UM001). The rows of 101-107 were
 * not: they are a working layout, marked so row by row, to be confirmed on a meter or replaced by a site's own file.
 */

function reals(names: readonly string[], source: string): Measurement[] {
  return names.map((metric, index) => ({
    metric,
    element: index + 1,
    encoding: 'REAL',
    source,
    provenance: 'inferred',
  }));
}

const prefixed = (prefix: string, names: readonly string[]): string[] => names.map((name) => `${prefix}_${name}`);

interface RealAssembly {
  readonly instance: number;
  readonly title: string;
  readonly group: string;
  readonly elementCount: number;
  readonly measurements: readonly Measurement[];
}

function realAssembly(row: RealAssembly): Assembly {
  return {
    ...row,
    elementType: 'REAL',
    firstElement: 1,
    sizeBytes: 4 * row.elementCount,
    sizeSource: SOURCES.sizes,
    sizeProvenance: 'verified',
  };
}

const product = { source: SOURCES.product, provenance: 'verified' } as const;
const status = { encoding: 'BIT', source: SOURCES.status, provenance: 'verified' } as const;

export const ASSEMBLIES: readonly Assembly[] = [
  {
    instance: 100,
    title: 'Product information',
    group: 'product',
    elementType: 'UINT',
    elementCount: 10,
    firstElement: 1,
    // The profile summary (E p.81) gives 20 as the number of elements; the property table gives 10 words, 20 bytes.
    sizeBytes: 20,
    sizeSource: '1420-UM001E p.49 Table 9',
    sizeProvenance: 'verified',
    measurements: [
      { metric: 'firmware_base', element: 1, encoding: 'REVISION', ...product },
      { metric: 'firmware_communication', element: 2, encoding: 'REVISION', ...product },
      { metric: 'firmware_analog', element: 3, encoding: 'REVISION', ...product },
      {
        metric: 'identification_letters',
        element: 4,
        elements: 7,
        encoding: 'LETTERS',
        letters: 13,
        ...product,
      },
    ],
  },
  realAssembly({
    instance: 101,
    title: 'Real-time voltage and current',
    group: 'realtime',
    elementCount: 12,
    measurements: reals(VOLTAGE_CURRENT_NAMES, SOURCES.sisterOrder),
  }),
  realAssembly({
    instance: 102,
    title: 'Real-time power, power factor and frequency',
    group: 'realtime',
    elementCount: 18,
    measurements: [
      ...reals(POWER_NAMES, SOURCES.sisterOrder),
      {
        metric: 'phase_sequence',
        element: 18,
        encoding: 'REAL',
        source: SOURCES.phaseSequence,
        provenance: 'inferred',
      },
    ],
  }),
  realAssembly({
    instance: 103,
    title: 'Maximum voltage and current',
    group: 'maximum',
    elementCount: 12,
    measurements: reals(prefixed('max', VOLTAGE_CURRENT_NAMES), SOURCES.sisterCounts),
  }),
  realAssembly({
    instance: 104,
    title: 'Maximum power, power factor and frequency',
    group: 'maximum',
    elementCount: 17,
    measurements: reals(prefixed('max', POWER_NAMES), SOURCES.sisterCounts),
  }),
  realAssembly({
    instance: 105,
    title: 'Demand voltage and current',
    group: 'demand',
    elementCount: 12,
    measurements: reals(prefixed('demand', VOLTAGE_CURRENT_NAMES), SOURCES.sisterCounts),
  }),
  realAssembly({
    instance: 106,
    title: 'Demand power, power factor and frequency',
    group: 'demand',
    elementCount: 17,
    measurements: reals(prefixed('demand', POWER_NAMES), SOURCES.sisterCounts),
  }),
  ASSUMED_ENERGY.assembly,
  {
    instance: 108,
    title: 'Alarm and output status',
    group: 'status',
    elementType: 'UINT',
    elementCount: 2,
    firstElement: 0,
    sizeBytes: 4,
    sizeSource: SOURCES.status,
    sizeProvenance: 'verified',
    measurements: [
      { metric: 'alarm_1', element: 0, bit: 0, ...status },
      { metric: 'alarm_2', element: 0, bit: 1, ...status },
      { metric: 'alarm_3', element: 0, bit: 2, ...status },
      { metric: 'alarm_4', element: 0, bit: 3, ...status },
      { metric: 'output_1', element: 1, bit: 0, ...status },
      { metric: 'output_2', element: 1, bit: 1, ...status },
    ],
  },
];

/** The layout that is used unless a site supplies its own. */
export const WORKING_LAYOUT: Layout = {
  format: 'pm500.layout/1',
  name: 'working layout (assemblies 101-107 not confirmed by the manual)',
  assemblies: ASSEMBLIES,
};
