import type { BlockPlan } from '../../domain/codec/layout';
import type { RegisterSpan } from '../../domain/codec/register-plan';
import type { MeterModel } from '../../meters/meter-model';
import { CATALOG } from '../../metrics/catalog';

/** What a meter shows of a quantity beyond its range. Nobody knows what this meter does; sister products give 7FFFFFFF. */
export const OVERLOAD_PATTERNS = ['7FFFFFFF', 'nan', 'infinity'] as const;
export type OverloadPattern = (typeof OVERLOAD_PATTERNS)[number];

/** Quantities that an overload may concern. */
export const OVERLOAD_CHOICES = ['all', 'voltage', 'current', 'power'] as const;
export type OverloadChoice = (typeof OVERLOAD_CHOICES)[number];

/** Bits of the REAL that stands in place of each value, where they are not those of the meter model. */
const BITS: Readonly<Record<Exclude<OverloadPattern, '7FFFFFFF'>, number>> = {
  nan: 0x7fc00000,
  infinity: 0x7f800000,
};

/** Metrics that show no number now, and what they show instead. */
export interface Overload {
  readonly metrics: ReadonlySet<string>;
  readonly bits: number;
}

function concerns(choice: OverloadChoice, quantity: string): boolean {
  if (choice === 'all') return true;
  return choice === 'power' ? quantity.endsWith('_power') || quantity === 'power_factor' : quantity === choice;
}

/** An overload of instantaneous values. */
export function overloadOf(
  { quirks }: Pick<MeterModel, 'quirks'>,
  choice: OverloadChoice,
  pattern: OverloadPattern,
): Overload {
  const rows = CATALOG.filter(
    ({ kind, statistic, quantity }) => kind === 'gauge' && statistic === 'instant' && concerns(choice, quantity),
  );
  return {
    metrics: new Set(rows.map(({ name }) => name)),
    bits: pattern === '7FFFFFFF' ? quirks.overloadBits.value : BITS[pattern],
  };
}

/** Writes the pattern over the values of an assembly. */
export function overloadBlock(bytes: Uint8Array, plan: BlockPlan, { metrics, bits }: Overload): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const { row, offset } of plan.rows) {
    if (row.encoding === 'REAL' && metrics.has(row.metric)) view.setUint32(offset, bits, true);
  }
}

/** Writes the pattern over the values of registers: the low word first, each with its high byte first. */
export function overloadRegisters(bytes: Uint8Array, span: RegisterSpan, { metrics, bits }: Overload): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const { row, offset } of span.rows) {
    if (row.encoding !== 'REAL' || row.metric === undefined || !metrics.has(row.metric)) continue;
    view.setUint16(offset, bits & 0xffff);
    view.setUint16(offset + 2, bits >>> 16);
  }
}
