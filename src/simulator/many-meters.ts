import { isIPv4 } from 'node:net';
import type { MeterModel } from '../meters/meter-model';
import { PROTOCOL_FACTS } from '../meters/protocol-facts';
import { Pm500Error } from '../support/errors';
import { groupOf } from './host-networks';
import type { LoadProfile } from './model/load-profile';
import type { SimulatedMeterSettings } from './simulator-settings';

/** How the meters of one simulation differ on the network: each takes the next port, or the next IPv4 address. */
export const ADDRESSINGS = ['port', 'address'] as const;
export type Addressing = (typeof ADDRESSINGS)[number];

/** The most meters that one simulation has: a site, not a city. */
export const MOST_METERS = 250;
const LAST_PORT = 65_535;

export interface ManyMeters {
  /** The first of them; the others count on from its address or port, multicast group, serial number and seed. */
  readonly first: Omit<SimulatedMeterSettings, 'load'>;
  readonly count: number;
  readonly addressing: Addressing;
  /** The load of a meter by its seed. */
  readonly loadOf: (seed: number) => LoadProfile;
}

function fail(sentence: string): never {
  throw new Pm500Error('CONFIG_INVALID', sentence);
}

/** The IPv4 address `steps` after `address`: 127.0.0.255 is followed by 127.0.1.0. */
export function addressAfter(address: string, steps: number): string {
  const octets = address.split('.').map(Number);
  const number = octets.reduce((sum, octet) => sum * 256 + octet, 0) + steps;
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}

/** A port that the system chooses (0) stays 0 for all. */
function portAfter(port: number, steps: number): number {
  return port === 0 ? 0 : port + steps;
}

function checkPorts(first: ManyMeters['first'], count: number): void {
  const { enipPort = 0, modbusPort = 0 } = first;
  for (const port of [enipPort, modbusPort]) {
    if (portAfter(port, count - 1) > LAST_PORT) {
      fail(`${count} meters from port ${port} on end above ${LAST_PORT}; choose a lower port or fewer meters.`);
    }
  }
  if (enipPort !== 0 && modbusPort !== 0 && Math.abs(enipPort - modbusPort) < count) {
    fail(
      `${count} meters from port ${enipPort} and Modbus from port ${modbusPort} on get in each other's way; choose ports that are ${count} or more apart.`,
    );
  }
}

/**
 * The settings of `count` meters that differ: serial number and seed count on, and so does the port or the address.
 * @throws Pm500Error CONFIG_INVALID
 */
export function settingsOfMany(
  { identity }: Pick<MeterModel, 'identity'>,
  { first, count, addressing, loadOf }: ManyMeters,
): readonly SimulatedMeterSettings[] {
  const { max } = identity.serialNumbers;
  if (!Number.isInteger(count) || count < 1 || count > MOST_METERS) {
    fail(`The number of meters is ${count}; give a whole number from 1 to ${MOST_METERS}.`);
  }
  if (first.serialNumber + count - 1 > max) {
    fail(`${count} meters from serial number ${first.serialNumber} on end above ${max}; begin lower.`);
  }
  const byAddress = addressing === 'address' && count > 1;
  if (byAddress && (!isIPv4(first.bind) || first.bind === '0.0.0.0')) {
    fail(`"${first.bind}" is no address to count on from; write it as 127.0.0.1, or give every meter its own port.`);
  }
  if (!byAddress) checkPorts(first, count);
  return Array.from({ length: count }, (_, index) => {
    const seed = (first.seed + index) >>> 0;
    const { enipPort, modbusPort, ...rest } = first;
    const portSteps = byAddress ? 0 : index;
    return {
      ...rest,
      bind: byAddress ? addressAfter(first.bind, index) : first.bind,
      // With one group for all of an address, every listener would hear every meter: hundreds of copies of each frame.
      ...(byAddress
        ? {}
        : { multicast: { address: groupOf(first.bind, index), port: PROTOCOL_FACTS.implicitPort.value } }),
      ...(enipPort === undefined ? {} : { enipPort: portAfter(enipPort, portSteps) }),
      ...(modbusPort === undefined ? {} : { modbusPort: portAfter(modbusPort, portSteps) }),
      serialNumber: first.serialNumber + index,
      seed,
      load: loadOf(seed),
    };
  });
}
