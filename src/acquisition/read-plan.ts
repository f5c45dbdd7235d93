import { decodeBlock, type DecodedBlock } from '../domain/codec/decode';
import type { CompiledLayout } from '../domain/codec/layout';
import { REGISTER_TABLE } from '../domain/messages/reading';
import { decodeRegisters } from '../domain/codec/register-decode';
import { registerPlans } from '../domain/codec/register-plan';
import type { MeterModel } from '../meters/meter-model';
import { frozenMetric, type Metric, type Provenance } from '../metrics/measurement';
import type { Block } from '../transport/transport';
import type { MeterSettings } from './meter-settings';

/** One request to a meter and what its answer means. */
export interface ReadPlan {
  /** Assembly instance, or printed number of the first register: unique, because the two never overlap. */
  readonly id: number;
  readonly block: Block;
  /** Where a reading says the values stood. */
  readonly place: { readonly assembly: number } | { readonly register: number };
  /** Name of the group that it belongs to. */
  readonly group: string;
  /** Metric name to provenance; shared by all readings, never changed. */
  readonly provenance: Readonly<Record<string, Provenance>>;
  readonly decode: (bytes: Uint8Array) => DecodedBlock;
  /** What the bytes mean is assumed: a reading carries them, so that the layout check can judge it. */
  readonly keepsRaw: boolean;
}

/** What a layout has to read over EtherNet/IP. */
export function assemblyPlans(layout: CompiledLayout): readonly ReadPlan[] {
  return [...layout.blocks.values()].map((plan) => ({
    id: plan.instance,
    block: { kind: 'assembly', instance: plan.instance, sizeBytes: plan.sizeBytes },
    place: { assembly: plan.instance },
    group: plan.group,
    provenance: plan.provenance,
    decode: (bytes) => decodeBlock(plan, bytes),
    keepsRaw: plan.rows.some(({ row }) => row.provenance === 'assumed'),
  }));
}

/** What the register table has to read over Modbus: the groups of which registers are known. */
export function registerReadPlans(model: MeterModel): readonly ReadPlan[] {
  return [...registerPlans(model).values()].flatMap(({ group, spans }) =>
    spans.map((span) => ({
      id: span.register,
      block: { kind: 'registers', register: span.register, words: span.words } as const,
      place: { register: span.register },
      group,
      provenance: span.provenance,
      decode: (bytes: Uint8Array) => decodeRegisters(span, bytes),
      keepsRaw: false,
    })),
  );
}

/** What one meter has to read. */
export interface PlanSource {
  readonly plans: readonly ReadPlan[];
  /** What a reading calls the layout. */
  readonly layoutName: string;
  /** Metrics that only a site's own layout defines; shared by all readings, frozen. */
  readonly definitions: readonly Metric[];
  /** The subject of a sentence about what is missing. */
  readonly what: string;
}

/** Over Modbus a meter has the registers of the table, whatever its layout says of assemblies. */
export function planSourceOf({ model, transport, layout }: MeterSettings): PlanSource {
  if (transport?.kind.startsWith('modbus') === true) {
    return { plans: registerReadPlans(model), layoutName: REGISTER_TABLE, definitions: [], what: 'its register table' };
  }
  const { name, definitions } = layout;
  const what = `its layout "${name}"`;
  return { plans: assemblyPlans(layout), layoutName: name, definitions: definitions.map(frozenMetric), what };
}
