import type { AssemblyBlock, Identity } from '../../transport';

/** Devices that were never given a serial number cannot be told apart by it. */
const NO_SERIAL_NUMBER = 0;

/**
 * Which assemblies of a meter have a size that was found to fit the layout. It outlasts a session, so that a meter that
 * comes back is not asked again: with 500 of them after a power failure that is half of all requests. It holds for one
 * device and one revision of its firmware.
 */
export class CheckedSizes {
  private device: string | undefined;
  /** By assembly instance, bytes. */
  private readonly sizes = new Map<number, number>();

  /** A session has learned which device answers. */
  meet({ vendorId, deviceType, productCode, revision, serialNumber }: Identity): void {
    const { major, minor } = revision;
    const device = [vendorId, deviceType, productCode, major, minor, serialNumber].join('/');
    if (device === this.device && serialNumber !== NO_SERIAL_NUMBER) return;
    this.device = device;
    this.sizes.clear();
  }

  /** The device that was met last has said it, or keeps it to itself. */
  note({ instance, sizeBytes }: AssemblyBlock): void {
    this.sizes.set(instance, sizeBytes);
  }

  /** For a session that has met its device. */
  fits({ instance, sizeBytes }: AssemblyBlock): boolean {
    return this.sizes.get(instance) === sizeBytes;
  }
}
