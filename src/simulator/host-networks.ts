import { networkInterfaces } from 'node:os';

const ANY_ADDRESS = '0.0.0.0';
const LOOPBACK = { address: '127.0.0.1', netmask: '255.0.0.0' } as const;

const toNumber = (address: string): number =>
  address.split('.').reduce((number, part) => number * 256 + Number(part), 0) >>> 0;
const toAddress = (number: number): string => [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join('.');

interface Network {
  readonly address: string;
  readonly netmask: string;
  readonly internal: boolean;
}

function networks(): readonly Network[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.filter(({ family }) => family === 'IPv4'),
  );
}

/** The network mask of an address of this machine; all of 127.0.0.0/8 is the loopback. */
function netmaskOf(address: string): number {
  const found = networks().find((network) => network.address === address);
  if (found !== undefined) return toNumber(found.netmask);
  return toNumber(address.startsWith('127.') ? LOOPBACK.netmask : '255.255.255.0');
}

/** The address by which others reach a meter that listens on all interfaces. */
export function outwardAddress(): string {
  return networks().find(({ internal }) => !internal)?.address ?? LOOPBACK.address;
}

/** The broadcast address of the network that an address of this machine is in. */
export function broadcastOf(address: string): string {
  return toAddress((toNumber(address) | ~netmaskOf(address)) >>> 0);
}

/** Where the multicast groups of all devices begin, how many one has, and the bits of a host that count. */
const FIRST_GROUP = toNumber('239.192.1.0');
const GROUPS_OF_DEVICE = 32;
const HOST_BITS = 0x3ff;

/**
 * The first multicast group of a device by its address (CIP Vol 2, 3-5.3), or the one `steps` behind it; the last group of
 * all is followed by the first.
 * @param address where the device listens; 0.0.0.0 for all interfaces
 */
export function groupOf(address: string, steps = 0): string {
  const own = address === ANY_ADDRESS ? outwardAddress() : address;
  const host = (toNumber(own) & ~netmaskOf(own)) >>> 0;
  const first = ((host - 1) & HOST_BITS) * GROUPS_OF_DEVICE;
  return toAddress(FIRST_GROUP + ((first + steps) % ((HOST_BITS + 1) * GROUPS_OF_DEVICE)));
}
