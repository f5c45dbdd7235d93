import { BlockList, isIP, isIPv6 } from 'node:net';
import { Pm500Error } from '../../support/errors';
import { sentences } from '../../support/sentence';
import type { ResolveHost } from '../link-claim';
import { canonicalHost, isHostName } from '../meter-address';
import type { ScanRequest } from './scan-request';

/** Addresses of one request: each has a socket of its own. */
const MOST_SCAN_ADDRESSES = 16;
const FIRST_FREE_PORT = 1024;

export const NEARBY_SENTENCES = sentences('nearby', {
  notNearby: '{host} is no private or link-local address; deploy first, or set pm500.scanAnywhere in settings.js.',
  tooManyAddresses: 'A scan asks {most} addresses at most; name fewer.',
  portOfOthers: 'Port {port} belongs to another service; give the UDP port of a meter, usually 44818.',
  onlyNearby: 'A scan asks private and link-local addresses only; set pm500.scanAnywhere in settings.js for others.',
});
const { say } = NEARBY_SENTENCES;

/**
 * Private networks (RFC 1918), link-local ones (RFC 3927), this computer, and everybody on the link; the same of IPv6
 * (RFC 4193, RFC 4291). An IPv4 address in the spelling of IPv6 is judged as the IPv4 address.
 */
const NEARBY = new BlockList();
NEARBY.addSubnet('10.0.0.0', 8);
NEARBY.addSubnet('172.16.0.0', 12);
NEARBY.addSubnet('192.168.0.0', 16);
NEARBY.addSubnet('169.254.0.0', 16);
NEARBY.addSubnet('127.0.0.0', 8);
NEARBY.addAddress('255.255.255.255');
NEARBY.addSubnet('fc00::', 7, 'ipv6');
NEARBY.addSubnet('fe80::', 10, 'ipv6');
NEARBY.addAddress('::1', 'ipv6');

/** @param address as `canonicalHost` gives it: IPv6 in brackets, or with the name of an interface after a percent sign */
function isNearby(address: string): boolean {
  const bare = address.replace(/^\[|\]$|%.*$/g, '');
  return NEARBY.check(bare, isIPv6(bare) ? 'ipv6' : 'ipv4');
}

/**
 * Refuses to try a host that is none of a plant's networks.
 * @param resolveHost of a name
 * @returns the address to connect to, since a name may have another one a moment later; the host itself where there is none
 * @throws Pm500Error CONFIG_INVALID, one sentence
 */
export async function nearbyAddress(host: string, resolveHost: ResolveHost): Promise<string> {
  const isName = isHostName(host);
  const address = isName ? await resolveHost(host).catch(() => undefined) : canonicalHost(host);
  if (address === undefined) return host;
  if (isNearby(address)) return isName ? address : host;
  throw new Pm500Error('CONFIG_INVALID', say('notNearby', { host }));
}

/**
 * Refuses what a person in the plant has no reason to ask for, and somebody else might: a page of the network must not
 * send packets to whatever its visitor names.
 * @param isAnywhere whether the site allows public addresses
 * @throws Pm500Error CONFIG_INVALID, one sentence
 */
export function checkScan({ addresses, interfaces, port }: ScanRequest, isAnywhere: boolean): void {
  if (Math.max(addresses.length, interfaces.length) > MOST_SCAN_ADDRESSES) {
    throw new Pm500Error('CONFIG_INVALID', say('tooManyAddresses', { most: MOST_SCAN_ADDRESSES }));
  }
  if (port < FIRST_FREE_PORT) {
    throw new Pm500Error('CONFIG_INVALID', say('portOfOthers', { port }));
  }
  // What is no address at all is said by the scan itself.
  if (isAnywhere || addresses.every((address) => isIP(address) === 0 || isNearby(address))) return;
  throw new Pm500Error('CONFIG_INVALID', say('onlyNearby'));
}
