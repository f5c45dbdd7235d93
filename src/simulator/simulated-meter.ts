import { compileLayout, type BlockPlan, type CompiledLayout } from '../domain/layout';
import { encodeBlock } from '../domain/encode';
import type { Value } from '../domain/reading';
import { WORKING_LAYOUT } from '../meter/assemblies';
import { DEVICE_TYPE, PRODUCT_NAME, SERIAL_NUMBER_RANGE, VENDOR_ID, type CatalogNumber } from '../meter/identity';
import type { Clock } from '../support/clock';
import { Pm500Error } from '../support/errors';
import type { Identity } from '../transport/transport';
import { MeterModel, sectionOf, type MeterModelOptions, type Section } from './meter-model';
import { FIRMWARE } from './product';
import { SimulatedTime } from './simulated-time';

let layout: CompiledLayout | undefined;

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
function checkSerialNumber(serialNumber: number): void {
  const { min, max } = SERIAL_NUMBER_RANGE;
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
  readonly identity: Identity;
  readonly model: MeterModel;
  private readonly time: SimulatedTime;
  private readonly sources: ReadonlyMap<number, BlockSource>;
  private readonly cache = new Map<number, CachedBlock>();

  /**
   * @param speed simulated seconds per real second
   * @throws Pm500Error CONFIG_INVALID
   */
  constructor(options: MeterModelOptions, clock: Clock, speed: number) {
    checkSerialNumber(options.serialNumber);
    this.model = new MeterModel(options);
    this.time = new SimulatedTime(clock, this.model.startMs, speed);
    this.identity = identityOf(options.model, options.serialNumber);
    layout ??= compileLayout(WORKING_LAYOUT);
    this.sources = new Map(
      [...layout.blocks].map(([instance, plan]) => [
        instance,
        { plan, sections: [...new Set(plan.rows.map(({ metric }) => sectionOf(metric)))] },
      ]),
    );
  }

  /** Assembly instances, ascending. */
  get assemblies(): readonly number[] {
    return [...this.sources.keys()];
  }

  /** Present simulated time, epoch milliseconds. */
  simulatedTimeMs(): number {
    return this.time.now();
  }

  /** Net active power now, W. */
  activePowerW(): number {
    return this.model.activePowerAt(this.time.now());
  }

  /** Every metric now, in catalogue units. */
  values(): Record<string, Value> {
    return this.model.valuesAt(this.time.now());
  }

  /** Length of an assembly in bytes; undefined when there is no such instance. */
  sizeOf(instance: number): number | undefined {
    return this.sources.get(instance)?.plan.sizeBytes;
  }

  /** Data of an assembly now, little-endian; undefined when there is no such instance. Callers do not change the bytes. */
  read(instance: number): Uint8Array | undefined {
    const source = this.sources.get(instance);
    if (source === undefined) return undefined;
    const timeMs = this.time.now();
    const cached = this.cache.get(instance);
    if (cached?.timeMs === timeMs) return cached.bytes;
    const values: Record<string, Value> = {};
    for (const section of source.sections) Object.assign(values, this.model.section(section, timeMs));
    const bytes = encodeBlock(source.plan, values);
    this.cache.set(instance, { timeMs, bytes });
    return bytes;
  }
}

function identityOf(model: CatalogNumber, serialNumber: number): Identity {
  return {
    vendorId: VENDOR_ID,
    deviceType: DEVICE_TYPE,
    productCode: model.productCode,
    // "Follows the communication firmware" (1420-UM001D p.74); a minor revision of 0 is not allowed in CIP.
    revision: { major: FIRMWARE.communication, minor: 1 },
    status: IDENTITY_STATUS,
    serialNumber,
    productName: PRODUCT_NAME,
  };
}
