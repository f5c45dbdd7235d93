import type { NetworkInterfaceInfo } from 'node:os';
import type { MeterModel } from '../../meters/meter-model';
import { Pm500Error, toPm500Error } from '../../support/errors';
import type { DiscoveredDevice, UnreadableAnswer } from '../../transport/ethernet-ip/discovery';
import { describeMismatch } from '../meter-identity';

/** Where to ask: one address, or everybody on a network through one interface of this computer. */
export interface ScanTarget {
  /** A device, or the broadcast address of a network. */
  readonly address: string;
  /** What it is, for people; absent where a person has named it. */
  readonly name?: string;
  /** True where a failure is no news, because not every operating system can ask there. */
  readonly isOptional?: boolean;
  /** Address of the interface to ask from; absent: the operating system's choice. */
  readonly localAddress?: string;
}

/** A device on the network as a person wants to see it. */
export interface FoundDevice {
  readonly address: string;
  readonly port: number;
  readonly productName: string;
  /** By product code; absent for a device that is not of the model. */
  readonly catalogNumber?: string;
  readonly isPowerMonitor: boolean;
  readonly serialNumber: number;
  /** Major and minor, for instance "1.4". */
  readonly revision: string;
}

export interface ScanResult {
  /** In order of address, each device once. */
  readonly devices: readonly FoundDevice[];
  /** Networks that could not be asked; the others were. */
  readonly failures: readonly Pm500Error[];
  /** What is there and answered, but not with an identity that can be read; each address once. */
  readonly unreadable: readonly Pm500Error[];
  /** Where was asked, as "10.20.1.255 (eth0)". */
  readonly asked: readonly string[];
}

/** Asks one target; rejects when it cannot be asked. */
export type Discover = (
  target: ScanTarget,
  onUnreadable: (answer: UnreadableAnswer) => void,
) => Promise<readonly DiscoveredDevice[]>;

const toNumber = (address: string): number =>
  address.split('.').reduce((number, part) => number * 256 + Number(part), 0);

/** Networks of one or two addresses, as tunnels have them: there is nobody else to ask. */
const WITHOUT_BROADCAST = ['255.255.255.255', '255.255.255.254'];

/**
 * The broadcast addresses of this computer's IPv4 networks.
 * @param interfaces as os.networkInterfaces() tells them
 * @param names only these interfaces; empty: all but the loopback
 * @throws Pm500Error CONFIG_INVALID for a name that no interface has
 */
export function broadcastTargets(
  interfaces: Readonly<Partial<Record<string, readonly NetworkInterfaceInfo[]>>>,
  names: readonly string[],
): readonly ScanTarget[] {
  const missing = names.find((name) => interfaces[name] === undefined);
  if (missing !== undefined) {
    const known = Object.keys(interfaces).join(', ');
    throw new Pm500Error('CONFIG_INVALID', `There is no network interface "${missing}"; choose from ${known}.`);
  }
  return Object.entries(interfaces).flatMap(([name, addresses = []]) =>
    addresses
      .filter(({ family, internal }) => family === 'IPv4' && (names.length === 0 ? !internal : names.includes(name)))
      .filter(({ netmask }) => !WITHOUT_BROADCAST.includes(netmask))
      .map(({ address, netmask }) => {
        const parts = netmask.split('.').map(Number);
        const broadcast = address.split('.').map((part, index) => Number(part) | (~(parts[index] ?? 255) & 255));
        return { address: broadcast.join('.'), localAddress: address, name };
      }),
  );
}

const THIS_COMPUTER = 'this computer';
const LOOPBACK = '127.0.0.1';

/**
 * This computer itself, which no broadcast reaches: a simulated meter on it, a gateway program. Meters that are simulated
 * at several addresses of the loopback hear its broadcast, where the operating system has one.
 */
export function ownTargets(
  interfaces: Readonly<Partial<Record<string, readonly NetworkInterfaceInfo[]>>>,
): readonly ScanTarget[] {
  const own = Object.values(interfaces)
    .flatMap((addresses = []) => addresses.filter(({ family }) => family === 'IPv4'))
    .map(({ address }) => address);
  return [
    ...[...new Set([LOOPBACK, ...own])].map((address) => ({ address, name: THIS_COMPUTER, isOptional: true })),
    { address: '127.255.255.255', localAddress: LOOPBACK, name: THIS_COMPUTER, isOptional: true },
  ];
}

function describeDevice(model: MeterModel, { address, port, identity }: DiscoveredDevice): FoundDevice {
  const isPowerMonitor = describeMismatch(model, identity) === undefined;
  const row = model.identity.catalogNumbers.find(({ productCode }) => productCode === identity.productCode);
  return {
    address,
    port,
    productName: identity.productName,
    ...(isPowerMonitor && row !== undefined ? { catalogNumber: row.catalogNumber } : {}),
    isPowerMonitor,
    serialNumber: identity.serialNumber,
    revision: `${identity.revision.major}.${identity.revision.minor}`,
  };
}

/** What listens at all addresses of this computer is found at each: the one that others can use is enough. */
function withoutDoubles(devices: readonly FoundDevice[]): FoundDevice[] {
  const isLocal = ({ address }: FoundDevice): boolean => address.startsWith('127.');
  const keyOf = ({ serialNumber, port }: FoundDevice): string => `${serialNumber}/${port}`;
  const outward = new Set(devices.filter((device) => !isLocal(device)).map(keyOf));
  return devices.filter((device) => !isLocal(device) || !outward.has(keyOf(device)));
}

/** Asks all targets at once. A network that cannot be asked does not cost the answers of the others. */
export async function scan(model: MeterModel, targets: readonly ScanTarget[], discover: Discover): Promise<ScanResult> {
  const unreadable = new Map<string, Pm500Error>();
  const note = ({ address, error }: UnreadableAnswer): void => {
    if (!unreadable.has(address)) unreadable.set(address, error);
  };
  const answers = await Promise.allSettled(targets.map((target) => discover(target, note)));
  const devices = new Map<string, FoundDevice>();
  const failures: Pm500Error[] = [];
  for (const [index, answer] of answers.entries()) {
    const isNews = targets[index]?.isOptional !== true;
    if (answer.status === 'rejected') failures.push(...(isNews ? [toPm500Error(answer.reason)] : []));
    else
      for (const device of answer.value) devices.set(`${device.address}:${device.port}`, describeDevice(model, device));
  }
  const ordered = withoutDoubles([...devices.values()]).sort(
    (left, right) => toNumber(left.address) - toNumber(right.address) || left.port - right.port,
  );
  for (const { address } of ordered) unreadable.delete(address);
  const asked = targets.map(({ address, name }) => (name === undefined ? address : `${address} (${name})`));
  return { devices: ordered, failures, unreadable: [...unreadable.values()], asked };
}
