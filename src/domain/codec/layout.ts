import type { MeterModel } from '../../meters/meter-model';
import { CATALOG } from '../../metrics/catalog';
import type {
  Assembly,
  ElementType,
  Encoding,
  Layout,
  Measurement,
  Metric,
  Provenance,
} from '../../metrics/measurement';
import { Pm500Error } from '../../support/errors';
import { findRowFault } from './check-row';

/** A row with its place in bytes worked out. */
export interface RowPlan {
  readonly row: Measurement;
  readonly metric: Metric;
  /** First byte of the row's first element. */
  readonly offset: number;
  /** First byte of the high and of the low half, for numbers of two halves. */
  readonly highOffset: number;
  readonly lowOffset: number;
  /** `row.scale`, 1 where it is absent. */
  readonly scale: number;
}

/** Rows whose bytes come together. */
export interface RowsPlan<Row> {
  readonly rows: readonly Row[];
  /** The bits of a REAL that stand for overload. */
  readonly overloadBits: number;
  /** Metric name to provenance, in table order; shared by all readings, never changed. */
  readonly provenance: Readonly<Record<string, Provenance>>;
}

/** Everything needed to read, decode and encode one assembly. */
export interface BlockPlan extends RowsPlan<RowPlan> {
  readonly assembly: Assembly;
  readonly instance: number;
  readonly sizeBytes: number;
  readonly group: string;
}

/** A layout that has been checked, ready for use. */
export interface CompiledLayout {
  readonly name: string;
  /** The catalog and the layout's own metrics, by name. */
  readonly metrics: ReadonlyMap<string, Metric>;
  /** Metrics that only this layout defines. */
  readonly definitions: readonly Metric[];
  readonly blocks: ReadonlyMap<number, BlockPlan>;
}

/** Bytes of one element: REAL is an IEEE 754 single, UINT has 16 bits, ULINT has 64 (1420-UM001E p.44). */
export const ELEMENT_BYTES: Readonly<Record<ElementType, number>> = { REAL: 4, UINT: 2, ULINT: 8 };
/** Of numbers that have two halves. */
const HALF_BYTES = 4;

/** The element type that an encoding is made of. */
const ELEMENT_OF: Readonly<Record<Encoding, ElementType>> = {
  REAL: 'REAL',
  REAL_PAIR: 'REAL',
  ULINT: 'ULINT',
  HOURS_MINUTES: 'ULINT',
  UINT: 'UINT',
  BIT: 'UINT',
  REVISION: 'UINT',
  LETTERS: 'UINT',
};

/** Elements that a row takes. */
export function elementsOf(row: Measurement): number {
  return row.elements ?? (row.encoding === 'REAL_PAIR' ? 2 : 1);
}

/** @param path of what is wrong, from `layout` on */
function refusal(path: string, message: string): Pm500Error {
  return new Pm500Error('LAYOUT_INVALID', message, { details: { path } });
}

function planRow(assembly: Assembly, row: Measurement, metrics: ReadonlyMap<string, Metric>, path: string): RowPlan {
  const where = `assembly ${assembly.instance}, element ${row.element}`;
  const metric = metrics.get(row.metric);
  if (metric === undefined) {
    throw refusal(
      path,
      `Layout, ${where}: metric "${row.metric}" is not in the catalog; correct the name or define it under "metrics".`,
    );
  }
  const first = row.element - assembly.firstElement;
  if (first < 0 || first + elementsOf(row) > assembly.elementCount) {
    throw refusal(
      path,
      `Layout, ${where}: "${row.metric}" lies outside the ${assembly.elementCount} elements; correct its element number.`,
    );
  }
  if (ELEMENT_OF[row.encoding] !== assembly.elementType) {
    throw refusal(
      path,
      `Layout, ${where}: encoding ${row.encoding} does not fit elements of type ${assembly.elementType}.`,
    );
  }
  const fault = findRowFault(row, metric);
  if (fault !== undefined) throw refusal(path, `Layout, ${where}: "${row.metric}": ${fault}.`);
  const offset = first * ELEMENT_BYTES[assembly.elementType];
  const isHighFirst = (row.order ?? (row.encoding === 'REAL_PAIR' ? 'high-first' : 'low-first')) === 'high-first';
  const [highOffset, lowOffset] = isHighFirst ? [offset, offset + HALF_BYTES] : [offset + HALF_BYTES, offset];
  return { row, metric, offset, highOffset, lowOffset, scale: row.scale ?? 1 };
}

function refuseOverlap(assembly: Assembly, path: string): void {
  const owners = new Map<string, string>();
  for (const [at, row] of assembly.measurements.entries()) {
    for (let index = 0; index < elementsOf(row); index++) {
      const place = `${row.element + index}${row.encoding === 'BIT' ? ` bit ${row.bit ?? 0}` : ''}`;
      const owner = owners.get(place);
      if (owner !== undefined) {
        throw refusal(
          `${path}.measurements[${at}]`,
          `Layout, assembly ${assembly.instance}, element ${place}: both "${owner}" and "${row.metric}" claim it; keep one.`,
        );
      }
      owners.set(place, row.metric);
    }
  }
}

/** What a layout needs to know of the meter. */
export type LayoutModel = Pick<MeterModel, 'quirks'>;

function planBlock(
  { quirks }: LayoutModel,
  assembly: Assembly,
  metrics: ReadonlyMap<string, Metric>,
  path: string,
): BlockPlan {
  if (assembly.sizeBytes !== assembly.elementCount * ELEMENT_BYTES[assembly.elementType]) {
    throw refusal(
      path,
      `Layout, assembly ${assembly.instance}: ${assembly.elementCount} elements of type ${assembly.elementType} are not ${assembly.sizeBytes} bytes; correct one of them.`,
    );
  }
  refuseOverlap(assembly, path);
  return {
    assembly,
    instance: assembly.instance,
    sizeBytes: assembly.sizeBytes,
    group: assembly.group,
    rows: assembly.measurements.map((row, at) => planRow(assembly, row, metrics, `${path}.measurements[${at}]`)),
    overloadBits: quirks.overloadBits.value,
    provenance: Object.freeze(Object.fromEntries(assembly.measurements.map((row) => [row.metric, row.provenance]))),
  };
}

/**
 * Checks a layout as a whole and works out where every row stands.
 * @throws Pm500Error LAYOUT_INVALID naming the assembly, the element and the fix
 */
export function compileLayout(model: LayoutModel, layout: Layout): CompiledLayout {
  const metrics = new Map(CATALOG.map((metric) => [metric.name, metric]));
  const definitions = layout.metrics ?? [];
  for (const [at, metric] of definitions.entries()) {
    if (metrics.has(metric.name)) {
      throw refusal(
        `layout.metrics[${at}]`,
        `Layout, metrics: "${metric.name}" is defined already; choose another name or leave the definition out.`,
      );
    }
    metrics.set(metric.name, metric);
  }
  const blocks = new Map<number, BlockPlan>();
  const placed = new Map<string, number>();
  for (const [index, assembly] of layout.assemblies.entries()) {
    const path = `layout.assemblies[${index}]`;
    if (blocks.has(assembly.instance)) {
      throw refusal(path, `Layout: assembly ${assembly.instance} stands there twice; keep one.`);
    }
    for (const [at, { metric }] of assembly.measurements.entries()) {
      const other = placed.get(metric);
      if (other !== undefined) {
        throw refusal(
          `${path}.measurements[${at}]`,
          `Layout: metric "${metric}" stands in assembly ${other} and again in ${assembly.instance}; keep one.`,
        );
      }
      placed.set(metric, assembly.instance);
    }
    blocks.set(assembly.instance, planBlock(model, assembly, metrics, path));
  }
  return { name: layout.name, metrics, definitions, blocks };
}
