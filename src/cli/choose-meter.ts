import { createLinkTransport } from '../acquisition/link-transport';
import { MeterRegistry } from '../acquisition/meter-registry';
import {
  METER_DEFAULTS,
  MESSAGING_KINDS,
  settingsOf,
  TRANSPORT_KINDS,
  type MeterChoice,
  type MeterSettings,
  type TransportKind,
} from '../acquisition/meter-settings';
import { resolveSystemHost } from '../acquisition/resolve-host';
import { QUIRKS } from '../meter/quirks';
import { DELIVERY_CHOICES } from '../transport/ethernet-ip/delivery-choice';
import { CONFIGURATION_INSTANCES, TIMEOUT_MULTIPLIERS } from '../transport/ethernet-ip/implicit-settings';
import { BAUD_RATES, PARITIES } from '../transport/modbus/rtu-line';
import { systemClock } from '../support/clock';
import { failUsage, type Options, type OptionRow } from './options';
import { terminalLogger, type Terminal } from './terminal';

const DEFAULT_RPI_MS = 250;
const LONGEST_RPI_MS = 60_000;
const IMPLICIT_OPTIONS = [
  'rpi',
  'delivery',
  'local-udp-port',
  'local-address',
  'timeout-multiplier',
  'configuration-instance',
] as const;
const SERIAL_OPTIONS = ['serial-port', 'baud', 'parity'] as const;
const SERIAL_KINDS: readonly TransportKind[] = ['modbus-rtu', 'modbus-rtu-tcp'];

/** The options that say which meter is read, and how. */
export const METER_ROWS: readonly OptionRow[] = [
  { name: 'transport', value: 'NAME', help: `${TRANSPORT_KINDS.join(', ')} (${METER_DEFAULTS.transport})` },
  { name: 'rpi', value: 'MS', help: `packet interval of input-only, listen-only and auto (${DEFAULT_RPI_MS})` },
  {
    name: 'delivery',
    value: 'NAME',
    help: `how their data comes: ${DELIVERY_CHOICES.join(', ')} (${METER_DEFAULTS.delivery})`,
  },
  { name: 'local-udp-port', value: 'N', help: 'UDP port for point-to-point data (2222, or a free one)' },
  { name: 'local-address', value: 'ADDRESS', help: 'network interface to receive at (the one that reaches the meter)' },
  {
    name: 'timeout-multiplier',
    value: 'N',
    help: `intervals without a frame that end a connection: ${TIMEOUT_MULTIPLIERS.join(', ')} (${METER_DEFAULTS.timeoutMultiplier})`,
  },
  {
    name: 'configuration-instance',
    value: 'N',
    help: `configuration assembly that connections name (${METER_DEFAULTS.configurationInstance})`,
  },
  {
    name: 'port',
    value: 'N',
    help: `TCP port (${METER_DEFAULTS.enipPort}, over modbus-tcp and modbus-rtu-tcp ${METER_DEFAULTS.modbusPort})`,
  },
  { name: 'unit', value: 'N', help: `Modbus unit identifier (${METER_DEFAULTS.unitId})` },
  { name: 'serial-port', value: 'PATH', help: 'modbus-rtu: for instance /dev/ttyUSB0 or COM3, instead of a host' },
  { name: 'baud', value: 'N', help: `modbus-rtu: ${BAUD_RATES.join(', ')} (${METER_DEFAULTS.baudRate})` },
  { name: 'parity', value: 'NAME', help: `modbus-rtu: ${PARITIES.join(', ')} (${METER_DEFAULTS.parity})` },
  { name: 'drop-echo', help: 'modbus-rtu and modbus-rtu-tcp: the adapter sends back what is sent; take that off' },
];

/** The options that say which meter is read over EtherNet/IP, and how. */
export const ETHERNET_METER_ROWS: readonly OptionRow[] = [
  { name: 'transport', value: 'NAME', help: `${MESSAGING_KINDS.join(', ')} (${METER_DEFAULTS.transport})` },
  ...METER_ROWS.filter(({ name }) => IMPLICIT_OPTIONS.some((option) => option === name)),
  { name: 'port', value: 'N', help: `TCP port (${METER_DEFAULTS.enipPort})` },
];

/** The meters that a command reads: one connection for each, with the same limits as in the nodes. */
export function commandMeters(terminal: Terminal): MeterRegistry {
  const dependencies = { clock: systemClock, random: Math.random, logger: terminalLogger(terminal) };
  return new MeterRegistry({
    ...dependencies,
    resolveHost: resolveSystemHost,
    createTransport: (settings, route) => createLinkTransport(settings, dependencies, route),
  });
}

function onlyHost({ positionals }: Options, command: string): string {
  const [host, extra] = positionals;
  if (extra !== undefined) failUsage(`Argument "${extra}" is one too many; name one meter: ${command} HOST.`);
  return host ?? '';
}

/** The packet interval, and that a person who reads from a shell and asks for `auto` wants values either way. */
function chooseImplicit(options: Options): Partial<MeterChoice> {
  const limits = { min: QUIRKS.minimumRpiMs.value, max: LONGEST_RPI_MS };
  const multiplier = options.choice('timeout-multiplier', TIMEOUT_MULTIPLIERS.map(String));
  const said = {
    delivery: options.choice('delivery', DELIVERY_CHOICES),
    receivePort: options.number('local-udp-port', { min: 1, max: 65_535, whole: true }),
    localAddress: options.text('local-address'),
    timeoutMultiplier: multiplier === undefined ? undefined : Number(multiplier),
    configurationInstance: options.number('configuration-instance', { ...CONFIGURATION_INSTANCES, whole: true }),
  };
  return {
    rpiMs: options.number('rpi', limits) ?? DEFAULT_RPI_MS,
    allowInputOnly: true,
    ...(Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)) as Partial<MeterChoice>),
  };
}

/**
 * The meter that a command over EtherNet/IP names.
 * @param more what else is chosen, for instance the layout file
 * @throws Pm500Error CONFIG_INVALID, LAYOUT_INVALID
 */
export function chooseEthernetMeter(options: Options, command: string, more: Partial<MeterChoice>): MeterSettings {
  const host = onlyHost(options, command);
  if (host === '') return failUsage(`The address of the meter is missing; write ${command} HOST.`);
  const transport = options.choice('transport', MESSAGING_KINDS) ?? METER_DEFAULTS.transport;
  const port = options.number('port', { min: 1, max: 65_535, whole: true }) ?? METER_DEFAULTS.enipPort;
  return settingsOf({ name: host, host, transport, port, ...chooseImplicit(options), ...more });
}

function chooseHost(options: Options, isSerial: boolean): string {
  const host = onlyHost(options, 'pm500 read');
  if (!isSerial) {
    for (const name of SERIAL_OPTIONS) {
      if (options.has(name)) failUsage(`Option --${name} is for --transport modbus-rtu; leave it out.`);
    }
    return host === '' ? failUsage('The address of the meter is missing; write pm500 read HOST.') : host;
  }
  if (host !== '') failUsage(`Argument "${host}" has no use over a serial line; leave it out.`);
  const path = options.text('serial-port');
  return path ?? failUsage('The serial port is missing; write --serial-port PATH, for instance /dev/ttyUSB0.');
}

/**
 * The meter that `pm500 read` names, over any transport.
 * @throws Pm500Error CONFIG_INVALID
 */
export function chooseMeter(options: Options): MeterSettings {
  const transport = options.choice('transport', TRANSPORT_KINDS) ?? METER_DEFAULTS.transport;
  const isModbus = transport.startsWith('modbus');
  const host = chooseHost(options, transport === 'modbus-rtu');
  if (isModbus && options.has('assembly')) {
    failUsage('Option --assembly is for EtherNet/IP, Modbus has no assemblies; use --group.');
  }
  if (!isModbus && options.has('unit')) failUsage('Option --unit is for Modbus; leave it out.');
  const dropEcho = options.has('drop-echo');
  if (dropEcho && !SERIAL_KINDS.includes(transport)) {
    failUsage(`Option --drop-echo is for ${SERIAL_KINDS.join(' and ')}; leave it out.`);
  }
  const port = options.number('port', { min: 1, max: 65_535, whole: true });
  const unitId = options.number('unit', { min: 0, max: 255, whole: true });
  const baudRate = options.number('baud', { min: 1, max: 1_000_000, whole: true });
  const parity = options.choice('parity', PARITIES);
  return settingsOf({
    name: host,
    host,
    transport,
    ...chooseImplicit(options),
    ...(port === undefined ? {} : { port }),
    ...(unitId === undefined ? {} : { unitId }),
    ...(baudRate === undefined ? {} : { baudRate }),
    ...(parity === undefined ? {} : { parity }),
    dropEcho,
  });
}
