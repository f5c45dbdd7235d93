import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { broadcastTargets, scan, type FoundDevice, type ScanTarget } from '../acquisition/scan';
import { QUIRKS } from '../meter/quirks';
import { systemClock } from '../support/clock';
import { discoverByUdp } from '../transport/ethernet-ip/discovery';
import { describeOptions, failUsage, HELP_OPTION, Options, type OptionRow } from './options';
import { alignColumns } from './table';
import { EXIT, terminalLogger, type Terminal } from './terminal';

const DEFAULT_TIMEOUT_MS = 2000;
const TIMEOUT_LIMITS = { min: 100, max: 60_000 };

const ROWS: readonly OptionRow[] = [
  { name: 'interface', value: 'NAME', multiple: true, help: 'ask the networks of this interface (all but loopback)' },
  { name: 'port', value: 'N', help: `UDP port (${QUIRKS.enipPort.value})` },
  { name: 'timeout', value: 'MS', help: `how long answers are collected (${DEFAULT_TIMEOUT_MS})` },
  { name: 'json', help: 'one line of JSON per device' },
  HELP_OPTION,
];

export const SCAN_HELP = `pm500 scan: finds EtherNet/IP devices by List Identity and says which are PowerMonitor 500

Usage: pm500 scan [ADDRESS ...] [options]

ADDRESS is a device or the broadcast address of a network; without one, all networks of this computer are asked.

${describeOptions(ROWS)}`;

function chooseTargets(options: Options): readonly ScanTarget[] {
  const names = options.texts('interface');
  if (options.positionals.length > 0 && names.length > 0) {
    failUsage('Addresses and option --interface do not go together; leave one of them out.');
  }
  for (const address of options.positionals) {
    if (!isIPv4(address)) failUsage(`Address "${address}" is no IPv4 address; write it like 192.168.1.10.`);
  }
  if (options.positionals.length > 0) return options.positionals.map((address) => ({ address }));
  const targets = broadcastTargets(networkInterfaces(), names);
  return targets.length > 0 ? targets : failUsage('This computer has no IPv4 network to ask; name an address.');
}

function formatDevices(devices: readonly FoundDevice[]): string {
  const rows = devices.map(({ address, port, catalogNumber, serialNumber, revision, productName }) => [
    `${address}:${port}`,
    catalogNumber ?? '-',
    String(serialNumber),
    revision,
    productName,
  ]);
  return alignColumns([['ADDRESS', 'CATALOG', 'SERIAL', 'REVISION', 'PRODUCT'], ...rows]);
}

/**
 * `pm500 scan`: who is there. Ends with 1 when no device answered.
 * @returns the exit code
 * @throws Pm500Error CONFIG_INVALID for bad options
 */
export async function runScan(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = Options.parse('pm500 scan', ROWS, args);
  if (options.has('help')) {
    terminal.print(SCAN_HELP);
    return EXIT.success;
  }
  const port = options.number('port', { min: 1, max: 65_535, whole: true }) ?? QUIRKS.enipPort.value;
  const timeoutMs = options.number('timeout', TIMEOUT_LIMITS) ?? DEFAULT_TIMEOUT_MS;
  const dependencies = { clock: systemClock, logger: terminalLogger(terminal) };
  const { devices, failures } = await scan(chooseTargets(options), (target) =>
    discoverByUdp({ ...target, port, timeoutMs }, dependencies, terminal.ended),
  );
  if (terminal.ended.aborted) return EXIT.success;
  for (const { message } of failures) terminal.complain(message);
  if (devices.length === 0) {
    terminal.complain(`No device answered within ${timeoutMs} ms; check cable, network and UDP port ${port}.`);
    return EXIT.failure;
  }
  terminal.print(
    options.has('json') ? devices.map((device) => `${JSON.stringify(device)}\n`).join('') : formatDevices(devices),
  );
  return EXIT.success;
}
