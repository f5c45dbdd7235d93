import type { Assembly, ElementType, Measurement, Metric } from '../../src/metrics/measurement';
import type { MeterModel } from '../../src/meters/meter-model';
import { CATALOG } from '../../src/metrics/catalog';

/** One element of an assembly as a controller sees it: a variable, or a word of bits. */
export interface ListenedElement {
  /** Name of a variable: that of the metric; of a counter in two elements with `_high` or `_low`; `reserved_<n>`. */
  readonly name: string;
  /** Type of IEC 61131-3; all are little-endian on the wire. */
  readonly type: 'REAL' | 'UINT' | 'WORD' | 'ULINT';
  /** Bytes from the beginning of the assembly. */
  readonly offset: number;
  readonly unit: string;
  /** What one step of the number is worth in the unit of the metric, where that is not one. */
  readonly step?: number;
  readonly label: string;
  /** Metrics of the bits by number, of a word of bits. */
  readonly bits: readonly (readonly [bit: number, metric: string])[];
  readonly provenance: string;
}

const BYTES: Readonly<Record<ElementType, number>> = { REAL: 4, UINT: 2, ULINT: 8 };

const metricNamed = (name: string): Metric | undefined => CATALOG.find((metric) => metric.name === name);

/** The halves of a counter in two elements, in the order in which they are sent. */
function half(row: Measurement, index: number): Pick<ListenedElement, 'name' | 'step'> {
  const isHigh = (index === 0) === (row.order !== 'low-first');
  const scale = row.scale ?? 1;
  return { name: `${row.metric}_${isHigh ? 'high' : 'low'}`, step: isHigh ? scale * (row.pairScale ?? 1) : scale };
}

function elementAt(assembly: Assembly, index: number): ListenedElement {
  const number = index + assembly.firstElement;
  const offset = index * BYTES[assembly.elementType];
  const rows = assembly.measurements.filter(
    ({ element, elements, encoding }) =>
      number >= element && number < element + (elements ?? (encoding === 'REAL_PAIR' ? 2 : 1)),
  );
  const [row] = rows;
  const metric = row === undefined ? undefined : metricNamed(row.metric);
  const base = { type: assembly.elementType, offset, bits: [], unit: metric?.unit ?? '', label: metric?.label ?? '' };
  if (row === undefined) return { ...base, name: `reserved_${number}`, label: 'nothing is known', provenance: '' };
  const { provenance } = row;
  if (row.encoding === 'BIT') {
    const bits = rows.map(({ bit, metric: name }) => [bit ?? 0, name] as const);
    const label = bits.map(([bit, name]) => `bit ${bit} ${name}`).join(', ');
    return { ...base, type: 'WORD', name: `status_word_${number}`, label, unit: '', bits, provenance };
  }
  if (row.encoding === 'REAL_PAIR') return { ...base, ...half(row, number - row.element), provenance };
  const count = row.elements ?? 1;
  const name = count === 1 ? row.metric : `${row.metric}_${number - row.element + 1}`;
  return { ...base, name, ...(row.scale === undefined ? {} : { step: row.scale }), provenance };
}

/** Every element of an assembly in order, also those of which nothing is known: offsets stay right. */
export function elementsOfAssembly(assembly: Assembly): readonly ListenedElement[] {
  return Array.from({ length: assembly.elementCount }, (_, index) => elementAt(assembly, index));
}

export function assembliesOf(model: MeterModel): readonly Assembly[] {
  return model.layout.assemblies;
}
