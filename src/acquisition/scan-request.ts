import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { QUIRKS } from '../meter/quirks';
import { Pm500Error } from '../support/errors';
import { discoverByUdp, type DiscoveryDependencies } from '../transport/ethernet-ip/discovery';
import { broadcastTargets, scan, type ScanResult, type ScanTarget } from './scan';

/** Which devices to ask who they are. Addresses and interfaces do not go together. */
export interface ScanRequest {
  /** Devices, or broadcast addresses of networks. */
  readonly addresses: readonly string[];
  /** Names of network interfaces; with no addresses either: all but the loopback. */
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
  port: QUIRKS.enipPort.value,
  timeoutMs: 2000,
};

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
    throw new Pm500Error('CONFIG_INVALID', `Address "${wrong}" is no IPv4 address; write it like 192.168.1.10.`);
  }
  if (addresses.length > 0) return addresses.map((address) => ({ address }));
  const targets = broadcastTargets(networkInterfaces(), interfaces);
  if (targets.length > 0) return targets;
  throw new Pm500Error('CONFIG_INVALID', 'This computer has no IPv4 network to ask; name an address.');
}

/**
 * Asks by List Identity who is on the network.
 * @throws Pm500Error CONFIG_INVALID for what cannot be asked; a network that does not let itself be asked is no reason
 */
export async function scanNetwork(
  request: ScanRequest,
  dependencies: DiscoveryDependencies,
  signal?: AbortSignal,
): Promise<ScanResult> {
  const { port, timeoutMs } = request;
  return scan(targetsOf(request), (target) => discoverByUdp({ ...target, port, timeoutMs }, dependencies, signal));
}
