import { METER_DEFAULTS, settingsOf, TRANSPORT_KINDS, type MeterSettings } from '../acquisition/meter-settings';
import { QUIRKS } from '../meter/quirks';
import { BAUD_RATES, PARITIES } from '../transport/modbus/rtu-line';
import { failUsage, type Options, type OptionRow } from './options';

const DEFAULT_RPI_MS = 250;
const LONGEST_RPI_MS = 60_000;
const SERIAL_OPTIONS = ['serial-port', 'baud', 'parity'] as const;

/** The options that say which meter is read, and how. */
export const METER_ROWS: readonly OptionRow[] = [
  { name: 'transport', value: 'NAME', help: `${TRANSPORT_KINDS.join(', ')} (${METER_DEFAULTS.transport})` },
  { name: 'rpi', value: 'MS', help: `packet interval of input-only, listen-only and auto (${DEFAULT_RPI_MS})` },
  {
    name: 'port',
    value: 'N',
    help: `TCP port (${METER_DEFAULTS.enipPort}, over modbus-tcp ${METER_DEFAULTS.modbusPort})`,
  },
  { name: 'unit', value: 'N', help: `Modbus unit identifier (${METER_DEFAULTS.unitId})` },
  { name: 'serial-port', value: 'PATH', help: 'modbus-rtu: for instance /dev/ttyUSB0 or COM3, instead of a host' },
  { name: 'baud', value: 'N', help: `modbus-rtu: ${BAUD_RATES.join(', ')} (${METER_DEFAULTS.baudRate})` },
  { name: 'parity', value: 'NAME', help: `modbus-rtu: ${PARITIES.join(', ')} (${METER_DEFAULTS.parity})` },
];

function chooseHost(options: Options, isSerial: boolean): string {
  const [host, extra] = options.positionals;
  if (extra !== undefined) failUsage(`Argument "${extra}" is one too many; name one meter: pm500 read HOST.`);
  if (!isSerial) {
    for (const name of SERIAL_OPTIONS) {
      if (options.has(name)) failUsage(`Option --${name} is for --transport modbus-rtu; leave it out.`);
    }
    if (host === undefined || host === '') return failUsage('The meter is missing; write pm500 read HOST.');
    return host;
  }
  if (host !== undefined) failUsage(`Argument "${host}" has no use over a serial line; leave it out.`);
  const path = options.text('serial-port');
  return path ?? failUsage('The serial port is missing; write --serial-port PATH, for instance /dev/ttyUSB0.');
}

/** @throws Pm500Error CONFIG_INVALID */
export function chooseMeter(options: Options): MeterSettings {
  const transport = options.choice('transport', TRANSPORT_KINDS) ?? METER_DEFAULTS.transport;
  const isModbus = transport === 'modbus-tcp' || transport === 'modbus-rtu';
  const host = chooseHost(options, transport === 'modbus-rtu');
  if (isModbus && options.has('assembly')) {
    failUsage('Option --assembly is for EtherNet/IP, Modbus has no assemblies; use --group.');
  }
  if (!isModbus && options.has('unit')) failUsage('Option --unit is for Modbus; leave it out.');
  const port = options.number('port', { min: 1, max: 65_535, whole: true });
  const unitId = options.number('unit', { min: 0, max: 255, whole: true });
  const baudRate = options.number('baud', { min: 1, max: 1_000_000, whole: true });
  const parity = options.choice('parity', PARITIES);
  return settingsOf({
    name: host,
    host,
    transport,
    rpiMs: options.number('rpi', { min: QUIRKS.minimumRpiMs.value, max: LONGEST_RPI_MS }) ?? DEFAULT_RPI_MS,
    // A person who reads from a shell and asks for `auto` wants values either way.
    allowInputOnly: true,
    ...(port === undefined ? {} : { port }),
    ...(unitId === undefined ? {} : { unitId }),
    ...(baudRate === undefined ? {} : { baudRate }),
    ...(parity === undefined ? {} : { parity }),
  });
}
