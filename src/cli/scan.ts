import type { FoundDevice } from '../acquisition/scan/scan';
import { SCAN_DEFAULTS, SCAN_TIMEOUT_LIMITS, scanNetwork } from '../acquisition/scan/scan-request';
import { systemClock } from '../support/clock';
import { describeOptions, HELP_OPTION, Options, type OptionRow } from './options';
import { alignColumns } from './table';
import { EXIT, terminalLogger, type Terminal } from './terminal';
import { PM500 } from '../meters/pm500';

const ROWS: readonly OptionRow[] = [
  {
    name: 'interface',
    value: 'NAME',
    multiple: true,
    help: 'ask the networks of this interface (all, and this computer)',
  },
  { name: 'port', value: 'N', help: `UDP port (${SCAN_DEFAULTS.port})` },
  { name: 'timeout', value: 'MS', help: `how long answers are collected (${SCAN_DEFAULTS.timeoutMs})` },
  { name: 'json', help: 'one line of JSON per device' },
  HELP_OPTION,
];

export const SCAN_HELP = `pm500 scan: finds EtherNet/IP devices by List Identity and says which are PowerMonitor 500

Usage: pm500 scan [ADDRESS ...] [options]

ADDRESS is a device or the broadcast address of a network; without one, all networks of this computer are asked, and
this computer itself; the error output says which.
Ranges such as 10.0.0.0/8 are not searched address by address: give 10.255.255.255.

${describeOptions(ROWS)}`;

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
  const port = options.number('port', { min: 1, max: 65_535, whole: true }) ?? SCAN_DEFAULTS.port;
  const timeoutMs = options.number('timeout', SCAN_TIMEOUT_LIMITS) ?? SCAN_DEFAULTS.timeoutMs;
  const request = { addresses: options.positionals, interfaces: options.texts('interface'), port, timeoutMs };
  const dependencies = { clock: systemClock, logger: terminalLogger(terminal) };
  const { devices, failures, unreadable, asked } = await scanNetwork(PM500, request, dependencies, terminal.ended);
  if (terminal.ended.aborted) return EXIT.success;
  for (const { message } of [...failures, ...unreadable]) terminal.complain(message);
  if (request.addresses.length === 0) terminal.complain(`Asked ${asked.join(', ')}.`);
  if (devices.length === 0 && unreadable.length > 0) return EXIT.failure;
  if (devices.length === 0) {
    terminal.complain(`No device answered within ${timeoutMs} ms; check cable, network and UDP port ${port}.`);
    return EXIT.failure;
  }
  terminal.print(
    options.has('json') ? devices.map((device) => `${JSON.stringify(device)}\n`).join('') : formatDevices(devices),
  );
  return EXIT.success;
}
