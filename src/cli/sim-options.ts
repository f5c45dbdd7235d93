import { isIPv4 } from 'node:net';
import { meterRows } from '../acquisition/meter-rows';
import { PROTOCOL_FACTS } from '../meters/protocol-facts';
import { loadsOf } from '../simulator/model/choose-load';
import type { LoadProfile } from '../simulator/model/load-profile';
import { settingsOfMany } from '../simulator/many-meters';
import type { SerialLineSettings } from '../simulator/modbus/serial-line';
import type { SimulatedMeterSettings, SimulatorSettings } from '../simulator/simulator';
import { simulatorRows } from '../simulator/simulator-rows';
import { failUsage, HELP_OPTION, optionOf, type OptionRow, type Options } from './options';
import { PM500 } from '../meters/pm500';

const METER_ROWS = meterRows(PM500);

const ROWS = simulatorRows(PM500);
const ANY_PORT = '0 = any free one';
const RTU = { context: 'with --modbus-rtu' } as const;

export const SIM_OPTIONS: readonly OptionRow[] = [
  optionOf('bind', ROWS.bind, { value: 'ADDRESS', multiple: true }),
  optionOf('enip-port', ROWS.port, { otherwise: `${ROWS.port.default}; ${ANY_PORT}` }),
  optionOf('count', ROWS.count),
  optionOf('addressing', ROWS.addressing, { value: 'HOW', context: 'with --count' }),
  optionOf('modbus-port', ROWS.modbusPort, { otherwise: `no Modbus; ${ANY_PORT}` }),
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
  optionOf('baud', METER_ROWS.baudRate, { ...RTU, value: 'N' }),
  optionOf('parity', METER_ROWS.parity, { ...RTU, value: 'KIND' }),
  optionOf('plc', ROWS.plc),
  optionOf('plc-rpi', ROWS.plcRpiMs, { value: 'MS' }),
  optionOf('plc-delivery', ROWS.plcDelivery, { value: 'HOW' }),
  optionOf('listen-only', ROWS.listenOnly, { value: 'HOW' }),
  {
    name: 'implicit-port',
    value: 'N',
    help: `UDP port for heartbeats, 0 = any free one (${PROTOCOL_FACTS.implicitPort.value}, or a free one where that is taken)`,
  },
  { name: 'max-connections', value: 'N', help: 'TCP connections of EtherNet/IP per meter (32)' },
  {
    name: 'max-cip-connections',
    value: 'N',
    help: `CIP connections per meter, of all kinds (${PM500.quirks.assemblyConnections.value})`,
  },
  {
    name: 'http-port',
    value: 'N',
    help: 'show meters and take orders for faults over HTTP, 0 = any free port (no HTTP)',
  },
  { name: 'http-bind', value: 'ADDRESS', help: `IPv4 address for HTTP (${ROWS.bind.default}, this machine only)` },
  { name: 'fault', value: 'ORDER', multiple: true, help: 'begin with a fault, for instance "delay delayMs=300"' },
  { name: 'no-input', help: 'read no commands from standard input, for running in the background' },
  optionOf('load', ROWS.load, { value: 'KIND' }),
  optionOf('csv', ROWS.csvFile, { value: 'FILE' }),
  optionOf('active-power', ROWS.activePowerKw, { value: 'KW' }),
  { name: 'start', value: 'TIME', help: 'simulated time to begin at, for instance 2018-03-05T14:00' },
  optionOf('speed', ROWS.speed),
  optionOf('seed', ROWS.seed),
  optionOf('counters', ROWS.startKwh, { value: 'KWH', otherwise: 'drawn from the seed' }),
  {
    name: 'energy-layout',
    value: 'NAME',
    help: `${ROWS.energyLayout.help}, see pm500 check --help (${ROWS.energyLayout.default})`,
  },
  optionOf('catalog', ROWS.catalogNumber, { value: 'NUMBER' }),
  optionOf('serial', ROWS.serialNumber),
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
  const kind = options.chosen('load', ROWS.load) ?? ROWS.load.default;
  const powerKw = options.number('active-power', ROWS.activePowerKw);
  if (kind !== 'csv' && file !== undefined)
    failUsage(`Option --csv does not go with --load ${kind}; leave one of them out.`);
  if (kind === 'csv' && powerKw !== undefined) {
    failUsage('Option --active-power does not go with a recorded load; add --load constant or --load daily.');
  }
  return loadsOf({ kind, csvFile: file ?? '', activePowerKw: powerKw ?? ROWS.activePowerKw.default });
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
  const binds = given.length === 0 ? [ROWS.bind.default] : given;
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
  const enipPort = options.number('enip-port', PORTS) ?? ROWS.port.default;
  const modbusPort = options.number('modbus-port', PORTS);
  const binds = chooseBinds(options, enipPort);
  const count = options.number('count', ROWS.count) ?? ROWS.count.default;
  goesWith(options, 'addressing', 'count');
  if (count > 1 && binds.length > 1) failUsage('Option --count goes with one --bind; count, or name every address.');
  const all = Math.max(count, binds.length);
  const seed = options.number('seed', ROWS.seed) ?? ROWS.seed.default;
  const { min, max } = PM500.identity.serialNumbers;
  const serials = { min, max: max - all + 1, whole: true };
  const serial = options.number('serial', serials) ?? ROWS.serialNumber.default;
  const catalogNumber = options.chosen('catalog', ROWS.catalogNumber) ?? ROWS.catalogNumber.default;
  const energyLayout = options.chosen('energy-layout', ROWS.energyLayout);
  const startKwh = options.number('counters', ROWS.startKwh);
  goesWith(options, 'plc-rpi', 'plc');
  goesWith(options, 'plc-delivery', 'plc');
  const delivery = options.chosen('plc-delivery', ROWS.plcDelivery);
  const listenOnly = options.chosen('listen-only', ROWS.listenOnly);
  const implicitPort = options.number('implicit-port', PORTS);
  const rpiMs = options.number('plc-rpi', ROWS.plcRpiMs) ?? ROWS.plcRpiMs.default;
  const addressing = options.chosen('addressing', ROWS.addressing) ?? ROWS.addressing.default;
  const loadOf = readLoad(options);
  const meters = binds.flatMap((bind, index) =>
    settingsOfMany(PM500, {
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
  return {
    path,
    baudRate: options.chosen('baud', METER_ROWS.baudRate) ?? METER_ROWS.baudRate.default,
    parity: options.chosen('parity', METER_ROWS.parity) ?? METER_ROWS.parity.default,
  };
}

function readHttp(options: Options): SimOrder['http'] {
  goesWith(options, 'http-bind', 'http-port');
  const port = options.number('http-port', PORTS);
  const address = options.text('http-bind') ?? ROWS.bind.default;
  if (!isIPv4(address)) failUsage(`Option --http-bind is "${address}"; give an IPv4 address such as 127.0.0.1.`);
  return port === undefined ? undefined : { address, port };
}

/** @throws Pm500Error CONFIG_INVALID, PROFILE_INVALID */
export function readSimOrder(options: Options): SimOrder {
  const { meters, seed } = readMeters(options);
  const speed = options.number('speed', ROWS.speed) ?? ROWS.speed.default;
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
      : { serialServer: { address: meters[0]?.bind ?? ROWS.bind.default, port: rtuTcpPort } }),
    ...(http === undefined ? {} : { http }),
  };
}
