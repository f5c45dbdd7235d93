import { decodeBlock, type DecodedBlock } from '../domain/decode';
import type { CompiledLayout } from '../domain/layout';
import { decodeRegisters } from '../domain/register-decode';
import { REGISTER_PLANS } from '../domain/register-plan';
import type { Provenance } from '../meter/measurement';
import type { Block } from '../transport/transport';

/** One request to a meter and what its answer means. */
export interface ReadPlan {
  /** Assembly instance, or printed number of the first register: unique, because the two never overlap. */
  readonly id: number;
  readonly block: Block;
  /** Name of the group of groups.ts that it belongs to. */
  readonly group: string;
  /** Metric name to provenance; shared by all readings, never changed. */
  readonly provenance: Readonly<Record<string, Provenance>>;
  readonly decode: (bytes: Uint8Array) => DecodedBlock;
}

/** What a layout has to read over EtherNet/IP. */
export function assemblyPlans(layout: CompiledLayout): readonly ReadPlan[] {
  return [...layout.blocks.values()].map((plan) => ({
    id: plan.instance,
    block: { kind: 'assembly', instance: plan.instance, sizeBytes: plan.sizeBytes },
    group: plan.group,
    provenance: plan.provenance,
    decode: (bytes) => decodeBlock(plan, bytes),
  }));
}

/** What the register table has to read over Modbus: the groups of which registers are known. */
export function registerPlans(): readonly ReadPlan[] {
  return [...REGISTER_PLANS.values()].flatMap(({ group, spans }) =>
    spans.map((span) => ({
      id: span.register,
      block: { kind: 'registers', register: span.register, words: span.words } as const,
      group,
      provenance: span.provenance,
      decode: (bytes: Uint8Array) => decodeRegisters(span, bytes),
    })),
  );
}
