import { AliasBlocks, DeviceAliases } from './alias';
import { Device, type InstanceOf } from './device';

/** The devices of one edge node, by ID. Aliases outlive a device: hosts know them until the next NBIRTH. */
export class DeviceList {
  private readonly devices = new Map<string, Device>();
  private readonly aliases = new Map<string, DeviceAliases>();
  private readonly blocks = new AliasBlocks();
  private readonly instanceOf: InstanceOf | undefined;

  /** @param instanceOf where metrics are gathered in instances of templates */
  constructor(instanceOf?: InstanceOf) {
    this.instanceOf = instanceOf;
  }

  find(deviceId: string): Device | undefined {
    return this.devices.get(deviceId);
  }

  /** The device of that ID, made where there is none. */
  obtain(deviceId: string): Device {
    let device = this.devices.get(deviceId);
    if (device === undefined) {
      const aliases = this.aliases.get(deviceId) ?? new DeviceAliases(this.blocks);
      this.aliases.set(deviceId, aliases);
      device = new Device(deviceId, aliases, this.instanceOf);
      this.devices.set(deviceId, device);
    }
    return device;
  }

  /** An NBIRTH has made hosts forget all devices and their aliases. */
  restartAliases(): void {
    for (const aliases of this.aliases.values()) aliases.restart();
  }

  /** Forgets a device and gives it for the last time. */
  remove(deviceId: string): Device | undefined {
    const device = this.devices.get(deviceId);
    this.devices.delete(deviceId);
    return device;
  }

  /** IDs of devices that are born. */
  get bornIds(): readonly string[] {
    return [...this.devices.values()].filter((device) => device.isBorn).map((device) => device.id);
  }

  [Symbol.iterator](): IterableIterator<Device> {
    return this.devices.values();
  }
}
