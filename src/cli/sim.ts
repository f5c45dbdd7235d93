import { isIPv4 } from 'node:net';
import { CATALOG_NUMBERS, SERIAL_NUMBER_RANGE } from '../meter/identity';
import { QUIRKS } from '../meter/quirks';
import { chooseLoad, LOAD_KINDS } from '../simulator/choose-load';
import type { LoadProfile } from '../simulator/load-profile';
import { MAXIMUM_POWER_W } from '../simulator/plain-profiles';
import { SPEED_RANGE } from '../simulator/simulated-time';
import { startSimulator, type Simulator } from '../simulator/simulator';
import { describeOptions, failUsage, HELP_OPTION, Options, type OptionRow } from './options';
import { EXIT, terminalLogger, type Terminal } from './terminal';

const DEFAULTS = { bind: '127.0.0.1', seed: 1, speed: 1, activePowerKw: 100, catalogNumber: '1420-V2-ENT' } as const;
const DEFAULT_SERIAL_NUMBER = SERIAL_NUMBER_RANGE.min + 1;
const MAXIMUM_POWER_KW = MAXIMUM_POWER_W / 1000;

const ROWS: readonly OptionRow[] = [
  {
    name: 'bind',
    value: 'ADDRESS',
    multiple: true,
    help: `IPv4 address to listen on, one meter each (${DEFAULTS.bind})`,
  },
  { name: 'enip-port', value: 'N', help: `TCP and UDP port, 0 = any free one (${QUIRKS.enipPort.value})` },
  { name: 'modbus-port', value: 'N', help: 'serve Modbus TCP too, on this port, 0 = any free one (no Modbus)' },
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
  { name: 'catalog', value: 'NUMBER', help: `catalog number (${DEFAULTS.catalogNumber})` },
  {
    name: 'serial',
    value: 'N',
    help: `serial number; every further meter takes the next one (${DEFAULT_SERIAL_NUMBER})`,
  },
  { name: 'json', help: 'print one JSON line when ready' },
  HELP_OPTION,
];

export const SIM_HELP = `pm500 sim: simulated PowerMonitor 500 meters on EtherNet/IP, until Ctrl-C

Usage: pm500 sim [options]

${describeOptions(ROWS)}`;

function readLoad(options: Options, seed: number): LoadProfile {
  const file = options.text('csv');
  const kind = options.choice('load', LOAD_KINDS) ?? 'csv';
  const powerKw = options.number('active-power', { min: -MAXIMUM_POWER_KW, max: MAXIMUM_POWER_KW });
  if (kind !== 'csv' && file !== undefined)
    failUsage(`Option --csv does not go with --load ${kind}; leave one of them out.`);
  if (kind === 'csv' && powerKw !== undefined) {
    failUsage('Option --active-power does not go with a recorded load; add --load constant or --load daily.');
  }
  return chooseLoad({ kind, csvFile: file ?? '', activePowerKw: powerKw ?? DEFAULTS.activePowerKw, seed });
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

function describeReady(simulator: Simulator, common: Readonly<Record<string, unknown>>, asJson: boolean): string {
  const meters = simulator.meters.map(({ address, port, modbusPort, catalogNumber, serialNumber }) => ({
    address,
    port,
    ...(modbusPort === undefined ? {} : { modbusPort }),
    catalogNumber,
    serialNumber,
  }));
  const simulatedTime = new Date(simulator.meters[0]?.simulatedTimeMs() ?? 0).toISOString().slice(0, 19);
  if (asJson) return `${JSON.stringify({ event: 'ready', meters, ...common, simulatedTime })}\n`;
  const lines = meters.map(
    (meter) =>
      `${meter.catalogNumber} serial ${meter.serialNumber} listens on ${meter.address} TCP and UDP ${meter.port}${meter.modbusPort === undefined ? '' : `, Modbus TCP ${meter.modbusPort}`}\n`,
  );
  return `${lines.join('')}Load: ${String(common['load'])}, from ${simulatedTime} at ${String(common['speed'])} x real time. Ctrl-C ends it.\n`;
}

/**
 * `pm500 sim`: runs until it is ended.
 * @returns the exit code
 * @throws Pm500Error CONFIG_INVALID or PROFILE_INVALID for bad options, SIMULATOR_BIND_FAILED
 */
export async function runSim(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = Options.parse('pm500 sim', ROWS, args);
  if (options.has('help')) {
    terminal.print(SIM_HELP);
    return EXIT.success;
  }
  const [extra] = options.positionals;
  if (extra !== undefined) failUsage(`Argument "${extra}" has no meaning here; addresses follow --bind.`);
  const enipPort = options.number('enip-port', { min: 0, max: 65_535, whole: true }) ?? QUIRKS.enipPort.value;
  const modbusPort = options.number('modbus-port', { min: 0, max: 65_535, whole: true });
  const binds = chooseBinds(options, enipPort);
  const seed = options.number('seed', { min: 0, max: 0xffff_ffff, whole: true }) ?? DEFAULTS.seed;
  const speed = options.number('speed', SPEED_RANGE) ?? DEFAULTS.speed;
  const serials = { min: SERIAL_NUMBER_RANGE.min, max: SERIAL_NUMBER_RANGE.max - binds.length + 1, whole: true };
  const serial = options.number('serial', serials) ?? DEFAULT_SERIAL_NUMBER;
  const catalogNumbers = CATALOG_NUMBERS.map((row) => row.catalogNumber);
  const catalogNumber = options.choice('catalog', catalogNumbers) ?? DEFAULTS.catalogNumber;
  const startMs = chooseStart(options);
  const load = readLoad(options, seed);

  const simulator = await startSimulator({
    meters: binds.map((bind, index) => ({
      bind,
      enipPort,
      ...(modbusPort === undefined ? {} : { modbusPort }),
      catalogNumber,
      serialNumber: serial + index,
      seed: seed + index,
      load,
    })),
    speed,
    ...(startMs === undefined ? {} : { startMs }),
    logger: terminalLogger(terminal),
  });
  try {
    terminal.print(describeReady(simulator, { load: load.description, speed, seed }, options.has('json')));
    await untilEnded(terminal.ended);
  } finally {
    await simulator.close();
  }
  return EXIT.success;
}

function untilEnded(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener(
      'abort',
      () => {
        resolve();
      },
      { once: true },
    );
  });
}
