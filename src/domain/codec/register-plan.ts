import type { MeterModel, Register } from '../../meters/meter-model';
import { PROTOCOL_FACTS } from '../../meters/protocol-facts';
import { oncePer } from '../../support/once-per';
import type { RowsPlan } from './layout';

/** A row of the register table with its place in the bytes of its span. */
export interface RegisterRowPlan {
  readonly row: Register;
  /** First byte of the row's first register. */
  readonly offset: number;
}

/** Registers that stand side by side and are read with one request. */
export interface RegisterSpan extends RowsPlan<RegisterRowPlan> {
  /** Printed number of the first register. */
  readonly register: number;
  readonly words: number;
}

/** What Modbus has of one group of assemblies. */
export interface RegisterPlan {
  readonly group: string;
  readonly spans: readonly RegisterSpan[];
}

/** Canonical metrics that a register holds. */
export function metricsOf({ metric, bitMetrics }: Register): readonly string[] {
  return metric === undefined ? (bitMetrics ?? []) : [metric];
}

function spanOf(rows: readonly Register[], overloadBits: number): RegisterSpan {
  const first = rows[0]?.register ?? 0;
  const last = rows.at(-1);
  return {
    register: first,
    words: last === undefined ? 0 : last.register + last.words - first,
    rows: rows.map((row) => ({ row, offset: 2 * (row.register - first) })),
    overloadBits,
    provenance: Object.freeze(
      Object.fromEntries(rows.flatMap((row) => metricsOf(row).map((metric) => [metric, row.provenance]))),
    ),
  };
}

/**
 * Groups registers into spans for one request each: never more than `maximumWords`, never across a gap (what is not in
 * the table is not read), never through the middle of a row.
 */
export function planSpans(
  { quirks }: Pick<MeterModel, 'quirks'>,
  registers: readonly Register[],
  maximumWords: number = PROTOCOL_FACTS.modbusReadRegisters.value,
): readonly RegisterSpan[] {
  const runs: Register[][] = [];
  for (const row of [...registers].sort((left, right) => left.register - right.register)) {
    const run = runs.at(-1);
    const first = run?.[0];
    const last = run?.at(-1);
    const joins =
      first !== undefined &&
      last !== undefined &&
      last.register + last.words === row.register &&
      row.register + row.words - first.register <= maximumWords;
    if (joins) run?.push(row);
    else runs.push([row]);
  }
  return runs.map((rows) => spanOf(rows, quirks.overloadBits.value));
}

/** The plans of a model by group. */
export type RegisterPlans = ReadonlyMap<string, RegisterPlan>;

/** Group name to the spans that hold its metrics. Groups of which no registers are known are absent. Worked out once. */
export const registerPlans = oncePer(
  (model: MeterModel): RegisterPlans =>
    new Map(
      model.registers.groups.map(({ group, registers }) => {
        const read = registers.filter((row) => metricsOf(row).length > 0);
        return [group, { group, spans: planSpans(model, read) }];
      }),
    ),
);
