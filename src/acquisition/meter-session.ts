import { CATALOG_NUMBERS } from '../meter/identity';
import type { CompiledLayout } from '../domain/layout';
import { READING_SCHEMA, type MeterReference, type Reading, type ReadingBlock } from '../domain/reading';
import { Pm500Error, toPm500Error } from '../support/errors';
import {
  describeMismatch,
  type MeterLink,
  type LinkDependencies,
  type LinkSettings,
  type LinkState,
} from './meter-link';
import { assemblyPlans, type ReadPlan } from './read-plan';

/** One meter as a user configured it. */
export interface MeterSettings extends LinkSettings {
  /** Unique on a site. */
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Catalog number that the device must have; absent for any. */
  readonly catalogNumber?: string;
  readonly layout: CompiledLayout;
  /** True when a person has confirmed on this meter that the layout fits. */
  readonly layoutConfirmed: boolean;
}

/** A meter as one configuration sees it: its name, tags and layout over the shared connection. */
export class MeterSession {
  private readonly plans: ReadonlyMap<number, ReadPlan>;

  constructor(
    readonly settings: MeterSettings,
    private readonly link: MeterLink,
    private readonly dependencies: LinkDependencies,
  ) {
    this.plans = new Map(assemblyPlans(settings.layout).map((plan) => [plan.id, plan]));
  }

  get state(): LinkState {
    return this.link.state;
  }

  /** Calls `listener` on every change until the returned function is called. */
  onState(listener: (state: LinkState) => void): () => void {
    return this.link.onState(listener);
  }

  /**
   * Reads assemblies in the order given. A failed assembly becomes a block with its error and does not cost the others.
   * @throws Pm500Error CONFIG_INVALID when the layout has no such assembly, ABORTED when `signal` aborts
   */
  async read(assemblies: readonly number[], signal?: AbortSignal): Promise<Reading> {
    const plans = assemblies.map((instance) => this.planOf(instance));
    const blocks: ReadingBlock[] = [];
    let broken: Pm500Error | undefined;
    for (const plan of plans) {
      if (signal?.aborted === true) {
        throw new Pm500Error('ABORTED', `Reading meter "${this.settings.name}" was stopped before it ended.`);
      }
      const block = broken === undefined ? await this.readBlock(plan) : this.failedBlock(plan, broken);
      if (block.error !== undefined && this.link.state.kind !== 'connected') broken ??= this.link.state.error;
      blocks.push(block);
    }
    const { layout, layoutConfirmed } = this.settings;
    return {
      schema: READING_SCHEMA,
      meter: this.reference(),
      layout: { name: layout.name, confirmed: layoutConfirmed },
      timestamp: blocks[0]?.timestamp ?? this.dependencies.clock.now(),
      blocks,
      ...(layout.definitions.length === 0 ? {} : { definitions: layout.definitions }),
    };
  }

  private planOf(instance: number): ReadPlan {
    const plan = this.plans.get(instance);
    if (plan !== undefined) return plan;
    const known = [...this.plans.keys()].join(', ');
    throw new Pm500Error(
      'CONFIG_INVALID',
      `Meter "${this.settings.name}": its layout has no assembly ${instance}; choose from ${known}.`,
    );
  }

  private async readBlock(plan: ReadPlan): Promise<ReadingBlock> {
    try {
      const raw = await this.link.read(plan.block);
      const { values, problems } = plan.decode(raw.bytes);
      return {
        assembly: plan.id,
        group: plan.group,
        timestamp: raw.timestamp,
        latencyMs: raw.latencyMs,
        values,
        provenance: plan.provenance,
        ...(problems === undefined ? {} : { problems }),
      };
    } catch (thrown) {
      return this.failedBlock(plan, toPm500Error(thrown));
    }
  }

  private failedBlock(plan: ReadPlan, error: Pm500Error): ReadingBlock {
    return {
      assembly: plan.id,
      group: plan.group,
      timestamp: this.dependencies.clock.now(),
      latencyMs: 0,
      values: {},
      provenance: plan.provenance,
      error: { code: error.code, message: error.message },
    };
  }

  private reference(): MeterReference {
    const { name, host, tags, catalogNumber } = this.settings;
    const identity = this.link.identity;
    if (identity === undefined) return { name, host, tags };
    const row = CATALOG_NUMBERS.find(({ productCode }) => productCode === identity.productCode);
    return {
      name,
      host,
      tags,
      ...(row === undefined ? {} : { catalogNumber: row.catalogNumber }),
      serialNumber: identity.serialNumber,
      ...(describeMismatch(identity, catalogNumber) === undefined ? {} : { identityMismatch: true }),
    };
  }
}
