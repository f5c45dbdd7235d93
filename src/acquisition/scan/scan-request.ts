import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { MeterModel } from '../../meters/meter-model';
import { PROTOCOL_FACTS } from '../../meters/protocol-facts';
import { Pm500Error } from '../../support/errors';
import { discoverByUdp, type DiscoveryDependencies } from '../../transport/ethernet-ip/discovery';
import { broadcastTargets, ownTargets, scan, type ScanResult, type ScanTarget } from './scan';

/** Which devices to ask who they are. Addresses and interfaces do not go together. */
export interface ScanRequest {
  /** Devices, or broadcast addresses of networks. */
  readonly addresses: readonly string[];
  /** Names of network interfaces; with no addresses either: all, and this computer itself. */
  readonly interfaces: readonly string[];
  /** UDP. */
  readonly port: number;
  /** How long answers are collected. */
  readonly timeoutMs: number;
}

export const SCAN_TIMEOUT_LIMITS = { min: 100, max: 60_000 } as const;
export const SCAN_DEFAULTS: ScanRequest = {
  addresses: [],
  interfaces: [],
  port: PROTOCOL_FACTS.enipPort.value,
  timeoutMs: 2000,
};

/** The broadcast address of a network as "10.0.0.0/8" names it; undefined for what is none, or has none. */
function broadcastOf(range: string): string | undefined {
  const [network = '', length = ''] = range.split('/');
  const bits = /^\d{1,2}$/.test(length) ? Number(length) : 32;
  if (!isIPv4(network) || bits > 30) return undefined;
  const parts = network.split('.').map((part, index) => {
    const ofHost = 0xff >> Math.min(Math.max(bits - 8 * index, 0), 8);
    return Number(part) | ofHost;
  });
  return parts.join('.');
}

/** @returns the sentence for an address that is none */
function describeWrong(address: string): string {
  const broadcast = broadcastOf(address);
  if (broadcast === undefined) return `Address "${address}" is no IPv4 address; write it like 192.168.1.10.`;
  return `"${address}" is a range, and ranges are not searched; give the broadcast address of the network, ${broadcast}.`;
}

/** @throws Pm500Error CONFIG_INVALID, one sentence */
function targetsOf({ addresses, interfaces, port }: ScanRequest): readonly ScanTarget[] {
  if (!(Number.isInteger(port) && port >= 1 && port <= 65_535)) {
    throw new Pm500Error('CONFIG_INVALID', `Port ${port} is no UDP port; give a whole number from 1 to 65535.`);
  }
  if (addresses.length > 0 && interfaces.length > 0) {
    throw new Pm500Error('CONFIG_INVALID', 'Addresses and interfaces do not go together; leave one of them out.');
  }
  const wrong = addresses.find((address) => !isIPv4(address));
  if (wrong !== undefined) {
    throw new Pm500Error('CONFIG_INVALID', describeWrong(wrong));
  }
  if (addresses.length > 0) return addresses.map((address) => ({ address }));
  const own = networkInterfaces();
  const targets = broadcastTargets(own, interfaces);
  if (interfaces.length === 0) return [...targets, ...ownTargets(own)];
  if (targets.length > 0) return targets;
  throw new Pm500Error('CONFIG_INVALID', `${interfaces.join(', ')} has no IPv4 network to ask; name an address.`);
}

/**
 * Asks by List Identity who is on the network.
 * @throws Pm500Error CONFIG_INVALID for what cannot be asked; a network that does not let itself be asked is no reason
 */
export async function scanNetwork(
  model: MeterModel,
  request: ScanRequest,
  dependencies: DiscoveryDependencies,
  signal?: AbortSignal,
): Promise<ScanResult> {
  const { port, timeoutMs } = request;
  return scan(model, targetsOf(request), (target, onUnreadable) =>
    discoverByUdp({ ...target, port, timeoutMs, onUnreadable }, dependencies, signal),
  );
}
