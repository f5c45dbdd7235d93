import type { CatalogNumber, MeterModel } from '../../meters/meter-model';
import { builtInLayout, withEnergy, workingLayout } from '../../domain/codec/built-in-layouts';
import type { BlockPlan, CompiledLayout } from '../../domain/codec/layout';
import { encodeBlock } from '../../domain/codec/encode';
import type { Value } from '../../domain/messages/reading';
import type { Clock } from '../../support/clock';
import { Pm500Error } from '../../support/errors';
import type { Identity } from '../../transport/transport';
import type { CounterView } from './counters';
import type { Disturbances } from './disturbances';
import { MeterPhysics, SECTIONS, sectionOf, type MeterPhysicsOptions, type Section } from './meter-physics';
import { overloadBlock, type Overload } from './overload';
import { FIRMWARE } from './product';
import { ServedData } from '../served';
import { SimulatedTime } from './simulated-time';

/** Identity status: owned by nobody, configured, no connection established (CIP Vol 1, table 5A-2.3, bits 2 and 4-7 = 3). */
const IDENTITY_STATUS = 0x0034;

interface CachedBlock {
  readonly timeMs: number;
  readonly bytes: Uint8Array;
}

/** A block and the parts of the model that its rows need. */
interface BlockSource {
  readonly plan: BlockPlan;
  readonly sections: readonly Section[];
}

/** @throws Pm500Error CONFIG_INVALID */
function checkSerialNumber({ identity }: MeterModel, serialNumber: number): void {
  const { min, max } = identity.serialNumbers;
  if (Number.isInteger(serialNumber) && serialNumber >= min && serialNumber <= max) return;
  throw new Pm500Error(
    'CONFIG_INVALID',
    `Serial number is ${serialNumber}; give a whole number from ${min} to ${max}.`,
  );
}

/**
 * A meter as any protocol sees it: who it is, and the bytes of its assemblies at the present simulated time. It knows no
 * socket; every server (EtherNet/IP now, others later) asks this one object, so that they all tell the same.
 */
export class SimulatedMeter {
  /** What counters show in place of their values. */
  readonly counterViews = new Set<CounterView>();
  /** Values that show no number. */
  overload: Overload | undefined;
  /** Bytes that its assemblies are longer than they should be; negative: shorter. */
  extraBytes = 0;
  private ownIdentity: Identity;
  private frozenAtMs: number | undefined;
  readonly physics: MeterPhysics;
  /** What leaves by any protocol. */
  readonly served: ServedData;
  private readonly time: SimulatedTime;
  private readonly sources: ReadonlyMap<number, BlockSource>;
  private readonly cache = new Map<number, CachedBlock>();

  /**
   * @param model what kind of meter it is
   * @param speed simulated seconds per real second
   * @param refreshMs how often values change, real milliseconds
   * @throws Pm500Error CONFIG_INVALID
   */
  constructor(
    readonly model: MeterModel,
    options: MeterPhysicsOptions,
    clock: Clock,
    speed: number,
    refreshMs?: number,
  ) {
    checkSerialNumber(model, options.serialNumber);
    this.physics = new MeterPhysics(options);
    this.time = new SimulatedTime(clock, this.physics.startMs, speed, refreshMs);
    this.served = new ServedData(clock);
    this.ownIdentity = identityOf(model, options.catalogEntry, options.serialNumber);
    this.sources = new Map(
      [...layoutOf(model, options.energyLayout).blocks].map(([instance, plan]) => [
        instance,
        { plan, sections: [...new Set(plan.rows.map(({ metric }) => sectionOf(metric)))] },
      ]),
    );
  }

  get identity(): Identity {
    return this.ownIdentity;
  }

  /** Assembly instances, ascending. */
  get assemblies(): readonly number[] {
    return [...this.sources.keys()];
  }

  /** Present simulated time, epoch milliseconds. */
  simulatedTimeMs(): number {
    return this.time.now();
  }

  /** The simulated time that its values belong to: now, unless they stand still. */
  valueTimeMs(): number {
    return this.frozenAtMs ?? this.time.now();
  }

  /** Its values stand still, or go on. */
  freeze(frozen: boolean): void {
    this.frozenAtMs = frozen ? this.time.now() : undefined;
  }

  /** Sets its clock forward, or back. */
  jumpClock(byMs: number): void {
    this.time.jump(byMs);
  }

  /** A disturbance of its feeder begins or ends now. */
  disturb(change: (disturbances: Disturbances, timeMs: number) => void): void {
    const timeMs = this.time.now();
    this.physics.disturb((disturbances) => {
      change(disturbances, timeMs);
    });
    this.cache.clear();
  }

  /** Sets counters, by metric name, in catalog units. */
  setCounters(targets: Readonly<Record<string, number>>): void {
    this.physics.setCounters(targets, this.time.now());
    this.cache.clear();
  }

  /** Another meter of the same kind takes its place. */
  replace(serialNumber: number): void {
    checkSerialNumber(this.model, serialNumber);
    this.physics.replace(serialNumber, this.time.now());
    this.ownIdentity = identityOf(this.model, this.physics.catalogEntry, serialNumber);
    this.cache.clear();
  }

  /** Net active power now, W. */
  activePowerW(): number {
    return this.physics.activePowerAt(this.time.now());
  }

  /** Every metric now, in catalog units; null for a value that shows no number. */
  values(): Record<string, Value> {
    return this.valuesOf(SECTIONS);
  }

  /** The metrics of some sections at simulated time `timeMs`: one moment for all of a reply. */
  valuesOf(sections: readonly Section[], timeMs = this.valueTimeMs()): Record<string, Value> {
    const values: Record<string, Value> = {};
    for (const section of sections) Object.assign(values, this.physics.section(section, timeMs));
    if (this.counterViews.size > 0 && sections.includes('counters')) {
      for (const name of this.physics.counterNames) {
        for (const view of this.counterViews) values[name] = view(name, Number(values[name]));
      }
    }
    for (const name of this.overload?.metrics ?? []) if (name in values) values[name] = null;
    return values;
  }

  /** Length of an assembly in bytes; undefined when there is no such instance. */
  sizeOf(instance: number): number | undefined {
    return this.sources.get(instance)?.plan.sizeBytes;
  }

  /**
   * Data of an assembly now, little-endian, for one reply or frame; undefined when there is no such instance. Callers do
   * not change the bytes.
   */
  read(instance: number): Uint8Array | undefined {
    const source = this.sources.get(instance);
    if (source === undefined) return undefined;
    const timeMs = this.valueTimeMs();
    const bytes = this.encode(source, timeMs);
    this.served.note(() => ({
      assembly: instance,
      bytes,
      values: this.valuesOf(source.sections, timeMs),
      simulatedTimeMs: timeMs,
    }));
    return bytes;
  }

  private encode({ plan, sections }: BlockSource, timeMs: number): Uint8Array {
    const cached = this.cache.get(plan.instance);
    const { extraBytes, overload } = this;
    const isFaulty = extraBytes !== 0 || overload !== undefined || this.counterViews.size > 0;
    if (cached?.timeMs === timeMs && !isFaulty) return cached.bytes;
    const bytes = encodeBlock(plan, this.valuesOf(sections, timeMs));
    if (overload !== undefined) overloadBlock(bytes, plan, overload);
    if (!isFaulty) this.cache.set(plan.instance, { timeMs, bytes });
    return extraBytes === 0 ? bytes : resized(bytes, extraBytes);
  }
}

/** @throws Pm500Error CONFIG_INVALID */
function layoutOf(model: MeterModel, energy: string | undefined): CompiledLayout {
  if (energy === undefined) return workingLayout(model);
  const { candidates } = model.energy;
  const candidate = candidates.find(({ name }) => name === energy);
  const layout = candidate && builtInLayout(model, withEnergy(model.layout, candidate).name);
  if (layout !== undefined) return layout;
  throw new Pm500Error(
    'CONFIG_INVALID',
    `Energy layout "${energy}" does not exist; choose one of ${candidates.map(({ name }) => name).join(', ')}.`,
  );
}

/** The same bytes with zeros behind them, or without the last ones. */
export function resized(bytes: Uint8Array, byBytes: number): Uint8Array {
  const changed = new Uint8Array(Math.max(0, bytes.length + byBytes));
  changed.set(bytes.subarray(0, changed.length));
  return changed;
}

function identityOf(
  { identity: { vendorId, deviceType, productName } }: MeterModel,
  { productCode }: CatalogNumber,
  serialNumber: number,
): Identity {
  return {
    vendorId,
    deviceType,
    productCode,
    // "Follows the communication firmware" (1420-UM001D p.74); a minor revision of 0 is not allowed in CIP.
    revision: { major: FIRMWARE.communication, minor: 1 },
    status: IDENTITY_STATUS,
    serialNumber,
    productName,
  };
}
