import { isIPv4 } from 'node:net';
import { ASSUMED_ENERGY, ENERGY_CANDIDATE_NAMES } from '../meter/energy-candidates';
import { CATALOG_NUMBERS, SERIAL_NUMBER_RANGE } from '../meter/identity';
import { QUIRKS } from '../meter/quirks';
import { START_RANGE } from '../simulator/counters';
import { LOAD_KINDS, loadsOf } from '../simulator/choose-load';
import type { LoadProfile } from '../simulator/load-profile';
import { ADDRESSINGS, MOST_METERS, settingsOfMany } from '../simulator/many-meters';
import { MAXIMUM_POWER_W } from '../simulator/plain-profiles';
import { SIMULATED_RPI_MS } from '../simulator/running-meter';
import type { SerialLineSettings } from '../simulator/serial-line';
import { SPEED_RANGE } from '../simulator/simulated-time';
import type { SimulatedMeterSettings, SimulatorSettings } from '../simulator/simulator';
import { LISTENING_SERVICES } from '../simulator/connection-admission';
import { DELIVERIES } from '../transport/ethernet-ip/connection-parameters';
import { BAUD_RATES, PARITIES } from '../transport/modbus/rtu-line';
import { failUsage, HELP_OPTION, type OptionRow, type Options } from './options';

const DEFAULTS = {
  bind: '127.0.0.1',
  seed: 1,
  speed: 1,
  activePowerKw: 100,
  catalogNumber: '1420-V2-ENT',
  baudRate: 9600,
  plcRpiMs: 500,
} as const;
const DEFAULT_SERIAL_NUMBER = SERIAL_NUMBER_RANGE.min + 1;
const MAXIMUM_POWER_KW = MAXIMUM_POWER_W / 1000;

export const SIM_ROWS: readonly OptionRow[] = [
  {
    name: 'bind',
    value: 'ADDRESS',
    multiple: true,
    help: `IPv4 address to listen on, one meter each (${DEFAULTS.bind})`,
  },
  { name: 'enip-port', value: 'N', help: `TCP and UDP port, 0 = any free one (${QUIRKS.enipPort.value})` },
  {
    name: 'count',
    value: 'N',
    help: `so many meters, each with the next port, serial number and seed (1, at most ${MOST_METERS})`,
  },
  {
    name: 'addressing',
    value: 'HOW',
    help: `with --count, each takes the next ${ADDRESSINGS.join(' or the next ')} (port)`,
  },
  { name: 'modbus-port', value: 'N', help: 'serve Modbus TCP too, on this port, 0 = any free one (no Modbus)' },
  { name: 'modbus-rtu', value: 'PATH', help: 'serve Modbus RTU on this serial port or pseudo-terminal (no RTU)' },
  {
    name: 'rtu-tcp-port',
    value: 'N',
    help: 'serve Modbus RTU over TCP, as a serial server does, on this port of the first address, 0 = any free one (none)',
  },
  {
    name: 'unit',
    value: 'N',
    help: 'with --modbus-rtu and --rtu-tcp-port, unit of the first meter; every further one takes the next (1)',
  },
  { name: 'baud', value: 'N', help: `with --modbus-rtu, ${BAUD_RATES.join(', ')} (${DEFAULTS.baudRate})` },
  { name: 'parity', value: 'KIND', help: `with --modbus-rtu, ${PARITIES.join(', ')} (none)` },
  { name: 'plc', help: 'a PLC owns each meter, so that others can listen beside it' },
  { name: 'plc-rpi', value: 'MS', help: `packet interval of the PLC (${DEFAULTS.plcRpiMs})` },
  { name: 'plc-delivery', value: 'HOW', help: `how the PLC has its data sent: ${DELIVERIES.join(', ')} (multicast)` },
  {
    name: 'listen-only',
    value: 'HOW',
    help: `how others may listen beside it: ${LISTENING_SERVICES.join(', ')} (both)`,
  },
  {
    name: 'implicit-port',
    value: 'N',
    help: `UDP port for heartbeats, 0 = any free one (${QUIRKS.implicitPort.value}, or a free one where that is taken)`,
  },
  { name: 'max-connections', value: 'N', help: 'TCP connections of EtherNet/IP per meter (32)' },
  {
    name: 'max-cip-connections',
    value: 'N',
    help: `CIP connections per meter, of all kinds (${QUIRKS.assemblyConnections.value})`,
  },
  {
    name: 'http-port',
    value: 'N',
    help: 'show meters and take orders for faults over HTTP, 0 = any free port (no HTTP)',
  },
  { name: 'http-bind', value: 'ADDRESS', help: `IPv4 address for HTTP (${DEFAULTS.bind}, this machine only)` },
  { name: 'fault', value: 'ORDER', multiple: true, help: 'begin with a fault, for instance "delay delayMs=300"' },
  { name: 'no-input', help: 'read no commands from standard input, for running in the background' },
  { name: 'load', value: 'KIND', help: `${LOAD_KINDS.join(', ')} (csv)` },
  {
    name: 'csv',
    value: 'FILE',
    help: 'recorded load, 15-minute intervals (the plant year that ships with the package)',
  },
  {
    name: 'active-power',
    value: 'KW',
    help: `power of a constant load, peak of a daily one (${DEFAULTS.activePowerKw})`,
  },
  { name: 'start', value: 'TIME', help: 'simulated time to begin at, for instance 2018-03-05T14:00' },
  { name: 'speed', value: 'N', help: `simulated seconds per second (${DEFAULTS.speed})` },
  {
    name: 'seed',
    value: 'N',
    help: `same seed, same values; every further meter takes the next one (${DEFAULTS.seed})`,
  },
  { name: 'counters', value: 'KWH', help: 'where all energy counters begin (drawn from the seed)' },
  {
    name: 'energy-layout',
    value: 'NAME',
    help: `how assembly 107 is sent, see pm500 check --help (${ASSUMED_ENERGY.name})`,
  },
  { name: 'catalog', value: 'NUMBER', help: `catalog number (${DEFAULTS.catalogNumber})` },
  {
    name: 'serial',
    value: 'N',
    help: `serial number; every further meter takes the next one (${DEFAULT_SERIAL_NUMBER})`,
  },
  { name: 'json', help: 'print one JSON line when ready' },
  HELP_OPTION,
];

/** What `pm500 sim` was asked for. */
export interface SimOrder {
  readonly simulator: SimulatorSettings;
  readonly seed: number;
  readonly speed: number;
  readonly description: string;
  /** A serial line; absent for none. */
  readonly serial?: SerialLineSettings;
  /** A serial server; absent for none. */
  readonly serialServer?: { readonly address: string; readonly port: number };
  /** Unit of the first meter on either line. */
  readonly firstUnit: number;
  readonly http?: { readonly address: string; readonly port: number };
}

const PORTS = { min: 0, max: 65_535, whole: true } as const;
const LAST_UNIT = 247;

function readLoad(options: Options): (seed: number) => LoadProfile {
  const file = options.text('csv');
  const kind = options.choice('load', LOAD_KINDS) ?? 'csv';
  const powerKw = options.number('active-power', { min: -MAXIMUM_POWER_KW, max: MAXIMUM_POWER_KW });
  if (kind !== 'csv' && file !== undefined)
    failUsage(`Option --csv does not go with --load ${kind}; leave one of them out.`);
  if (kind === 'csv' && powerKw !== undefined) {
    failUsage('Option --active-power does not go with a recorded load; add --load constant or --load daily.');
  }
  return loadsOf({ kind, csvFile: file ?? '', activePowerKw: powerKw ?? DEFAULTS.activePowerKw });
}

function chooseStart(options: Options): number | undefined {
  const text = options.text('start');
  if (text === undefined) return undefined;
  const full = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?)?Z?$/.test(text);
  const startMs = Date.parse(text.endsWith('Z') || !text.includes('T') ? text : `${text}Z`);
  if (full && Number.isFinite(startMs)) return startMs;
  return failUsage(`Option --start is "${text}"; give a time such as 2018-03-05T14:00.`);
}

function chooseBinds(options: Options, port: number): readonly string[] {
  const given = options.texts('bind');
  const binds = given.length === 0 ? [DEFAULTS.bind] : given;
  for (const bind of binds) {
    if (!isIPv4(bind)) failUsage(`Option --bind is "${bind}"; give an IPv4 address such as 127.0.0.1.`);
  }
  const twice = binds.find((bind, index) => binds.indexOf(bind) !== index);
  if (twice !== undefined && port !== 0)
    failUsage(`Option --bind names ${twice} twice; give every meter its own address.`);
  return binds;
}

/** An option that means something only beside another one. */
function goesWith(options: Options, name: string, other: string): void {
  if (options.has(name) && !options.has(other)) failUsage(`Option --${name} goes with --${other}; give both or none.`);
}

function readMeters(options: Options): { readonly meters: readonly SimulatedMeterSettings[]; readonly seed: number } {
  const enipPort = options.number('enip-port', PORTS) ?? QUIRKS.enipPort.value;
  const modbusPort = options.number('modbus-port', PORTS);
  const binds = chooseBinds(options, enipPort);
  const count = options.number('count', { min: 1, max: MOST_METERS, whole: true }) ?? 1;
  goesWith(options, 'addressing', 'count');
  if (count > 1 && binds.length > 1) failUsage('Option --count goes with one --bind; count, or name every address.');
  const all = Math.max(count, binds.length);
  const seed = options.number('seed', { min: 0, max: 0xffff_ffff, whole: true }) ?? DEFAULTS.seed;
  const serials = { min: SERIAL_NUMBER_RANGE.min, max: SERIAL_NUMBER_RANGE.max - all + 1, whole: true };
  const serial = options.number('serial', serials) ?? DEFAULT_SERIAL_NUMBER;
  const catalogNumber =
    options.choice(
      'catalog',
      CATALOG_NUMBERS.map((row) => row.catalogNumber),
    ) ?? DEFAULTS.catalogNumber;
  const energyLayout = options.choice('energy-layout', ENERGY_CANDIDATE_NAMES);
  const startKwh = options.number('counters', START_RANGE);
  goesWith(options, 'plc-rpi', 'plc');
  goesWith(options, 'plc-delivery', 'plc');
  const delivery = options.choice('plc-delivery', DELIVERIES);
  const listenOnly = options.choice('listen-only', LISTENING_SERVICES);
  const implicitPort = options.number('implicit-port', PORTS);
  const rpiMs = options.number('plc-rpi', SIMULATED_RPI_MS) ?? DEFAULTS.plcRpiMs;
  const addressing = options.choice('addressing', ADDRESSINGS) ?? 'port';
  const loadOf = readLoad(options);
  const meters = binds.flatMap((bind, index) =>
    settingsOfMany({
      count,
      addressing,
      loadOf,
      first: {
        bind,
        enipPort,
        ...(modbusPort === undefined ? {} : { modbusPort }),
        catalogNumber,
        ...(energyLayout === undefined ? {} : { energyLayout }),
        ...(startKwh === undefined ? {} : { startKwh }),
        serialNumber: serial + index,
        seed: seed + index,
        ...(options.has('plc') ? { plc: { rpiMs, ...(delivery === undefined ? {} : { delivery }) } } : {}),
        ...(listenOnly === undefined ? {} : { listenOnly }),
        ...(implicitPort === undefined ? {} : { implicitPort }),
      },
    }),
  );
  return { meters, seed };
}

function readFirstUnit(options: Options, meters: number): number {
  if (!options.has('rtu-tcp-port')) goesWith(options, 'unit', 'modbus-rtu');
  return options.number('unit', { min: 1, max: LAST_UNIT - meters + 1, whole: true }) ?? 1;
}

function readSerial(options: Options): SimOrder['serial'] {
  for (const name of ['baud', 'parity']) goesWith(options, name, 'modbus-rtu');
  const path = options.text('modbus-rtu');
  if (path === undefined) return undefined;
  const rates = BAUD_RATES.map(String);
  const rate = options.choice('baud', rates);
  return {
    path,
    baudRate: BAUD_RATES.find((known) => String(known) === rate) ?? DEFAULTS.baudRate,
    parity: options.choice('parity', PARITIES) ?? 'none',
  };
}

function readHttp(options: Options): SimOrder['http'] {
  goesWith(options, 'http-bind', 'http-port');
  const port = options.number('http-port', PORTS);
  const address = options.text('http-bind') ?? DEFAULTS.bind;
  if (!isIPv4(address)) failUsage(`Option --http-bind is "${address}"; give an IPv4 address such as 127.0.0.1.`);
  return port === undefined ? undefined : { address, port };
}

/** @throws Pm500Error CONFIG_INVALID, PROFILE_INVALID */
export function readSimOrder(options: Options): SimOrder {
  const { meters, seed } = readMeters(options);
  const speed = options.number('speed', SPEED_RANGE) ?? DEFAULTS.speed;
  const startMs = chooseStart(options);
  const limit = { min: 1, max: 10_000, whole: true };
  const maximumConnections = options.number('max-connections', limit);
  const maximumCipConnections = options.number('max-cip-connections', limit);
  const serial = readSerial(options);
  const rtuTcpPort = options.number('rtu-tcp-port', PORTS);
  const firstUnit = readFirstUnit(options, meters.length);
  const http = readHttp(options);
  return {
    seed,
    speed,
    description: meters[0]?.load.description ?? '',
    simulator: {
      meters,
      speed,
      ...(startMs === undefined ? {} : { startMs }),
      ...(maximumConnections === undefined ? {} : { maximumConnections }),
      ...(maximumCipConnections === undefined ? {} : { maximumCipConnections }),
    },
    firstUnit,
    ...(serial === undefined ? {} : { serial }),
    ...(rtuTcpPort === undefined
      ? {}
      : { serialServer: { address: meters[0]?.bind ?? DEFAULTS.bind, port: rtuTcpPort } }),
    ...(http === undefined ? {} : { http }),
  };
}
