import { createLinkTransport } from '../acquisition/link-transport';
import { MeterRegistry } from '../acquisition/meter-registry';
import { meterRows } from '../acquisition/meter-rows';
import { settingsOf, type MeterChoice, type MeterSettings } from '../acquisition/meter-settings';
import { resolveSystemHost } from '../acquisition/resolve-host';
import { MESSAGING_KINDS, type TransportKind } from '../acquisition/transport-kinds';
import { systemClock } from '../support/clock';
import { choice } from '../support/setting';
import { failUsage, optionOf, type Options, type OptionRow } from './options';
import { terminalLogger, type Terminal } from './terminal';
import { PM500 } from '../meters/pm500';

const METER_ROWS = meterRows(PM500);

const SERIAL_OPTIONS = ['serial-port', 'baud', 'parity'] as const;
const SERIAL_KINDS: readonly TransportKind[] = ['modbus-rtu', 'modbus-rtu-tcp'];
const SERIAL_PORT = { context: 'modbus-rtu' } as const;

const MESSAGING = choice('ucmm', MESSAGING_KINDS, { help: METER_ROWS.transport.help ?? '' });

const IMPLICIT_OPTIONS: readonly OptionRow[] = [
  optionOf('rpi', METER_ROWS.rpiMs, { value: 'MS' }),
  optionOf('delivery', METER_ROWS.delivery),
  optionOf('local-udp-port', METER_ROWS.localUdpPort),
  optionOf('local-address', METER_ROWS.localAddress, { value: 'ADDRESS' }),
  optionOf('timeout-multiplier', METER_ROWS.timeoutMultiplier, { value: 'N' }),
  optionOf('configuration-instance', METER_ROWS.configurationInstance),
];

/** The options that say which meter is read, and how. */
export const METER_OPTIONS: readonly OptionRow[] = [
  optionOf('transport', METER_ROWS.transport),
  ...IMPLICIT_OPTIONS,
  optionOf('port', METER_ROWS.port, {
    otherwise: `${METER_ROWS.port.default}, over modbus-tcp and modbus-rtu-tcp ${METER_ROWS.modbusPort.default}`,
  }),
  optionOf('unit', METER_ROWS.unitId),
  optionOf('serial-port', METER_ROWS.serialPath, { ...SERIAL_PORT, value: 'PATH' }),
  optionOf('baud', METER_ROWS.baudRate, { ...SERIAL_PORT, value: 'N' }),
  optionOf('parity', METER_ROWS.parity, SERIAL_PORT),
  optionOf('drop-echo', METER_ROWS.dropEcho, { context: SERIAL_KINDS.join(' and ') }),
];

/** The options that say which meter is read over EtherNet/IP, and how. */
export const ETHERNET_METER_OPTIONS: readonly OptionRow[] = [
  optionOf('transport', MESSAGING),
  ...IMPLICIT_OPTIONS,
  optionOf('port', METER_ROWS.port),
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

/** What is said of implicit transports, and that a person who reads from a shell and asks for `auto` wants values either way. */
function chooseImplicit(options: Options): Partial<MeterChoice> {
  const said = {
    rpiMs: options.number('rpi', METER_ROWS.rpiMs),
    delivery: options.chosen('delivery', METER_ROWS.delivery),
    receivePort: options.number('local-udp-port', METER_ROWS.localUdpPort),
    localAddress: options.text('local-address'),
    timeoutMultiplier: options.chosen('timeout-multiplier', METER_ROWS.timeoutMultiplier),
    configurationInstance: options.number('configuration-instance', METER_ROWS.configurationInstance),
  };
  return {
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
  const transport = options.chosen('transport', MESSAGING) ?? MESSAGING.default;
  const port = options.number('port', METER_ROWS.port) ?? METER_ROWS.port.default;
  return settingsOf(PM500, { name: host, host, transport, port, ...chooseImplicit(options), ...more });
}

function chooseHost(options: Options, isSerial: boolean, command: string): string {
  const host = onlyHost(options, command);
  if (!isSerial) {
    for (const name of SERIAL_OPTIONS) {
      if (options.has(name)) failUsage(`Option --${name} is for --transport modbus-rtu; leave it out.`);
    }
    return host === '' ? failUsage(`The address of the meter is missing; write ${command} HOST.`) : host;
  }
  if (host !== '') failUsage(`Argument "${host}" has no use over a serial line; leave it out.`);
  const path = options.text('serial-port');
  return path ?? failUsage('The serial port is missing; write --serial-port PATH, for instance /dev/ttyUSB0.');
}

/**
 * The meter that a command names, over any transport.
 * @throws Pm500Error CONFIG_INVALID
 */
export function meterChoiceOf(options: Options, command: string): MeterChoice {
  const transport = options.chosen('transport', METER_ROWS.transport) ?? METER_ROWS.transport.default;
  const isModbus = transport.startsWith('modbus');
  const host = chooseHost(options, transport === 'modbus-rtu', command);
  if (isModbus && options.has('assembly')) {
    failUsage('Option --assembly is for EtherNet/IP, Modbus has no assemblies; use --group.');
  }
  if (!isModbus && options.has('unit')) failUsage('Option --unit is for Modbus; leave it out.');
  const dropEcho = options.has('drop-echo');
  if (dropEcho && !SERIAL_KINDS.includes(transport)) {
    failUsage(`Option --drop-echo is for ${SERIAL_KINDS.join(' and ')}; leave it out.`);
  }
  const port = options.number('port', METER_ROWS.port);
  const unitId = options.number('unit', METER_ROWS.unitId);
  const baudRate = options.chosen('baud', METER_ROWS.baudRate);
  const parity = options.chosen('parity', METER_ROWS.parity);
  return {
    name: host,
    host,
    transport,
    ...chooseImplicit(options),
    ...(port === undefined ? {} : { port }),
    ...(unitId === undefined ? {} : { unitId }),
    ...(baudRate === undefined ? {} : { baudRate }),
    ...(parity === undefined ? {} : { parity }),
    dropEcho,
  };
}
