import { READING_SCHEMA, type MeterReference, type Reading, type ReadingBlock } from '../domain/messages/reading';
import { Pm500Error, toPm500Error } from '../support/errors';
import type { LinkDiagnostics } from './link-diagnostics';
import { whereOf } from './meter-address';
import { describeMismatch, referenceOf } from './meter-identity';
import type { LinkState } from './link-state';
import type { LinkDependencies, MeterLink } from './meter-link';
import type { LinkSettings, MeterSettings } from './meter-settings';
import type { MeterIdentity } from '../transport/transport';
import type { RawBlock } from './raw-block';
import { planSourceOf, type PlanSource, type ReadPlan } from './read-plan';

export type { MeterSettings } from './meter-settings';

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** Written out, since a spread costs more than all the rest of a read. */
function blockOf(plan: ReadPlan, { bytes, timestamp, uptimeMs, latencyMs }: RawBlock): ReadingBlock {
  const { place, group, provenance } = plan;
  const { values, problems } = plan.decode(bytes);
  const block: Writable<ReadingBlock> =
    'assembly' in place
      ? { assembly: place.assembly, group, timestamp, uptimeMs, latencyMs, values, provenance }
      : { register: place.register, group, timestamp, uptimeMs, latencyMs, values, provenance };
  if (plan.keepsRaw) block.raw = hexadecimalOf(bytes);
  if (problems !== undefined) block.problems = problems;
  return block;
}

function hexadecimalOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('hex');
}

/** A meter as one configuration sees it: its name, tags and layout over the shared connection. */
export class MeterSession {
  private readonly source: PlanSource;
  private readonly stopListening: () => void;
  private toldMismatch: string | undefined;
  /** Of the device that answered last. */
  private serialNumber: number | undefined;
  private readonly toldGroups = new Set<string>();

  constructor(
    readonly settings: MeterSettings,
    private readonly link: MeterLink,
    private readonly dependencies: LinkDependencies,
  ) {
    this.source = planSourceOf(settings);
    this.stopListening = link.onState(({ kind }) => {
      if (kind === 'connected') this.checkIdentity();
    });
  }

  get state(): LinkState {
    return this.link.state;
  }

  /** What the meter said of itself when the connection was opened last. */
  get identity(): MeterIdentity | undefined {
    return this.link.identity;
  }

  /** What is in force for the connection: the settings of who configured this address first. */
  get linkSettings(): LinkSettings {
    return this.link.settings;
  }

  /** When data came last, epoch milliseconds UTC, while what came after has failed: since then values are stale. */
  get staleSince(): number | undefined {
    return this.link.staleSince;
  }

  /** A copy of the counters of the connection, which all configurations of this meter share. */
  get diagnostics(): LinkDiagnostics {
    return this.link.diagnostics;
  }

  /** Names of the groups that can be read, in the order of the meter model. */
  get groups(): readonly string[] {
    return this.settings.model.groups
      .map(({ name }) => name)
      .filter((name) => this.source.plans.some(({ group }) => group === name));
  }

  /** Milliseconds for which Modbus may still be used beside a PLC; 0 when no maintenance window is open. */
  get maintenanceLeftMs(): number {
    return this.link.maintenanceLeftMs;
  }

  /**
   * Opens a maintenance window on this meter, or sets how long an open one stays: EtherNet/IP of this process makes room
   * for Modbus until it ends, and comes back by itself.
   * @throws Pm500Error CONFIG_INVALID for a time that is not above 0 and at most an hour, and over Modbus RTU
   */
  openMaintenanceWindow(durationMs: number): void {
    this.link.openMaintenanceWindow(durationMs);
  }

  /** Ends the maintenance window before its time; does nothing when none is open. */
  closeMaintenanceWindow(): void {
    this.link.closeMaintenanceWindow();
  }

  /** Calls `listener` on every change until the returned function is called. */
  onState(listener: (state: LinkState) => void): () => void {
    return this.link.onState(listener);
  }

  /** @throws Pm500Error CONFIG_INVALID when the meter has nothing in any of these groups */
  checkGroups(groups: readonly string[]): void {
    this.plansOf(groups);
  }

  /**
   * Reads everything of these groups, over whatever transport the meter has. A group that it lacks is left out; a block
   * that fails carries its error and does not cost the others.
   * @throws Pm500Error CONFIG_INVALID when it has nothing in any of them, ABORTED when `signal` aborts
   */
  async readGroups(groups: readonly string[], signal?: AbortSignal): Promise<Reading> {
    return this.readPlans(this.plansOf(groups), signal);
  }

  /**
   * Reads assemblies in the order given, like `readGroups`.
   * @throws Pm500Error CONFIG_INVALID when the layout has no such assembly, ABORTED when `signal` aborts
   */
  async read(assemblies: readonly number[], signal?: AbortSignal): Promise<Reading> {
    return this.readPlans(
      assemblies.map((instance) => this.planOf(instance)),
      signal,
    );
  }

  /** Stops following the connection. */
  leave(): void {
    this.stopListening();
  }

  private async readPlans(plans: readonly ReadPlan[], signal?: AbortSignal): Promise<Reading> {
    const blocks = await this.readBlocks(plans, signal);
    this.link.loss.take(blocks, this.link.state.kind === 'connected');
    const { definitions, layoutName } = this.source;
    const times = blocks.filter(({ error }) => error === undefined).map(({ timestamp }) => timestamp);
    const reading: Writable<Reading> = {
      schema: READING_SCHEMA,
      meter: this.reference(),
      layout: { name: layoutName, confirmed: this.settings.layoutConfirmed },
      // Never newer than any of its data.
      timestamp: times.length > 0 ? Math.min(...times) : (blocks[0]?.timestamp ?? this.dependencies.clock.now()),
      bootId: this.dependencies.clock.bootId,
      blocks,
    };
    if (definitions.length > 0) reading.definitions = [...definitions];
    return reading;
  }

  private async readBlocks(plans: readonly ReadPlan[], signal?: AbortSignal): Promise<readonly ReadingBlock[]> {
    const blocks: ReadingBlock[] = [];
    let broken: Pm500Error | undefined;
    for (const plan of plans) {
      if (signal?.aborted === true) {
        throw new Pm500Error('ABORTED', `Reading meter "${this.settings.name}" was stopped before it ended.`);
      }
      const block = broken === undefined ? await this.readBlock(plan) : this.failedBlock(plan, broken);
      blocks.push(block);
      const isConnected = this.link.state.kind === 'connected';
      if (block.error !== undefined && !isConnected) broken ??= this.link.state.error;
      // The meter is there and sends by itself: one interval is waited for, not one for each block.
      if (isConnected && this.link.receives) {
        const others = plans.slice(blocks.length).map((next) => this.readBlock(next));
        return [...blocks, ...(await Promise.all(others))];
      }
    }
    return blocks;
  }

  private plansOf(groups: readonly string[]): readonly ReadPlan[] {
    const { plans, what } = this.source;
    const chosen = plans.filter(({ group }) => groups.includes(group));
    const missing = groups.filter((name) => !plans.some(({ group }) => group === name));
    const { name } = this.settings;
    if (chosen.length === 0) {
      throw new Pm500Error(
        'CONFIG_INVALID',
        `Meter "${name}": ${what} has nothing in ${groups.join(', ')}; choose from ${this.groups.join(', ')}.`,
      );
    }
    const news = missing.filter((group) => !this.toldGroups.has(group));
    for (const group of news) this.toldGroups.add(group);
    if (news.length > 0) {
      this.dependencies.logger.info(`Meter "${name}": ${what} has nothing in ${news.join(', ')}, which is left out.`);
    }
    return chosen;
  }

  private planOf(instance: number): ReadPlan {
    const { plans, what } = this.source;
    const assemblies = plans.filter(({ block }) => block.kind === 'assembly');
    const plan = assemblies.find(({ id }) => id === instance);
    if (plan !== undefined) return plan;
    const advice =
      assemblies.length === 0 ? 'name groups instead' : `choose from ${assemblies.map(({ id }) => id).join(', ')}`;
    throw new Pm500Error(
      'CONFIG_INVALID',
      `Meter "${this.settings.name}": ${what} has no assembly ${instance}; ${advice}.`,
    );
  }

  private async readBlock(plan: ReadPlan): Promise<ReadingBlock> {
    try {
      return blockOf(plan, await this.link.read(plan.block));
    } catch (thrown) {
      return this.failedBlock(plan, toPm500Error(thrown));
    }
  }

  private failedBlock(plan: ReadPlan, error: Pm500Error): ReadingBlock {
    return {
      ...plan.place,
      group: plan.group,
      timestamp: this.dependencies.clock.now(),
      latencyMs: 0,
      values: {},
      provenance: plan.provenance,
      error: { code: error.code, message: error.message },
    };
  }

  private mismatch(): string | undefined {
    const { identity } = this.link;
    return identity === undefined
      ? undefined
      : describeMismatch(this.settings.model, identity, this.settings.catalogNumber);
  }

  /** Says once that the device is another one than was configured, or than answered before. */
  private checkIdentity(): void {
    const { serialNumber } = this.reference();
    if (this.serialNumber !== undefined && serialNumber !== undefined && serialNumber !== this.serialNumber) {
      this.dependencies.logger.warn(
        `Meter "${this.settings.name}": another device answers at ${whereOf(this.settings)} (serial ${serialNumber}, before ${this.serialNumber}); check its wiring, transformers and layout if it was replaced.`,
      );
    }
    this.serialNumber = serialNumber ?? this.serialNumber;
    const mismatch = this.mismatch();
    if (mismatch !== undefined && mismatch !== this.toldMismatch) {
      this.dependencies.logger.warn(`Meter "${this.settings.name}": ${whereOf(this.settings)} ${mismatch}`);
    }
    this.toldMismatch = mismatch;
  }

  private reference(): MeterReference {
    const { name, host, tags, transport } = this.settings;
    const { identity, loss } = this.link;
    const reference = {
      name,
      host,
      // Of its own: a flow may change what it is sent.
      tags: { ...tags },
      ...(transport === undefined ? {} : { transport: transport.kind }),
      ...(loss.lostSince === undefined ? {} : { lostSince: loss.lostSince }),
    };
    if (identity === undefined) return reference;
    return {
      ...reference,
      ...referenceOf(this.settings.model, identity),
      ...(this.mismatch() === undefined ? {} : { identityMismatch: true }),
    };
  }
}
