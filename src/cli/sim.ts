import { createInterface } from 'node:readline';
import { answerLine } from '../simulator/control/command-line';
import { describeFaults, SimulatorControl } from '../simulator/control/control';
import type { ModbusRtuServer } from '../simulator/modbus/modbus-rtu-server';
import { HttpControl } from '../simulator/control/http-control';
import { SimulatedSerialLine } from '../simulator/modbus/serial-line';
import { SimulatedSerialServer } from '../simulator/modbus/serial-server';
import { startSimulator, type Simulator } from '../simulator/simulator';
import { hasCode } from '../support/errors';
import { describeOptions, failUsage, Options } from './options';
import { readSimOrder, SIM_OPTIONS, type SimOrder } from './sim-options';
import { EXIT, terminalLogger, type Terminal } from './terminal';
import { PM500 } from '../meters/pm500';

export const SIM_HELP = `pm500 sim: simulated PowerMonitor 500 meters on EtherNet/IP and Modbus, until Ctrl-C

Usage: pm500 sim [options]

${describeOptions(SIM_OPTIONS)}
While it runs it takes commands, one a line: a fault and its parameters, clear, show, help. Faults, with their
parameters and defaults (durationMs=... lets any that lasts end by itself):

${describeFaults()}`;

interface Ready {
  readonly load: string;
  readonly speed: number;
  readonly seed: number;
  readonly httpPort?: number;
  readonly serialPath?: string;
  readonly rtuTcpPort?: number;
}

function describeReady(simulator: Simulator, common: Ready, asJson: boolean): string {
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
  const { httpPort, serialPath, rtuTcpPort } = common;
  if (serialPath !== undefined) lines.push(`Modbus RTU on ${serialPath}\n`);
  if (rtuTcpPort !== undefined) lines.push(`Modbus RTU over TCP on port ${rtuTcpPort}\n`);
  if (httpPort !== undefined) lines.push(`Orders for faults over HTTP on port ${httpPort}\n`);
  return `${lines.join('')}Load: ${common.load}, from ${simulatedTime} at ${common.speed} x real time. Ctrl-C ends it.\n`;
}

/** Commands of a person or a script, one a line; the end of the input ends nothing else. */
function takeCommands(control: SimulatorControl, terminal: Terminal): () => void {
  const { input } = terminal;
  if (input === undefined) return () => undefined;
  const lines = createInterface({ input, crlfDelay: Infinity });
  lines.on('line', (line) => terminal.print(answerLine(control, line)));
  return () => {
    lines.close();
    // A pipe that stays open must not keep the process alive.
    input.unref?.();
  };
}

/** Begins the faults of the command line; the first that does not work ends the command. */
function beginFaults(control: SimulatorControl, orders: readonly string[]): void {
  for (const order of orders) {
    const answer = answerLine(control, order);
    if (answer !== 'ok\n') failUsage(`Option --fault "${order}": ${answer.trimEnd()}`);
  }
}

/** Each line has servers of its own, since each cuts its frames from its own bytes. */
function unitsOf(simulator: Simulator, { firstUnit }: SimOrder): readonly ModbusRtuServer[] {
  return simulator.meters.map((meter, index) => meter.createRtuServer(firstUnit + index));
}

async function openLine(simulator: Simulator, order: SimOrder, terminal: Terminal) {
  const { serial } = order;
  if (serial === undefined) return undefined;
  return SimulatedSerialLine.open(serial, unitsOf(simulator, order), terminalLogger(terminal));
}

async function openSerialServer(simulator: Simulator, order: SimOrder, terminal: Terminal) {
  if (order.serialServer === undefined) return undefined;
  const { address, port } = order.serialServer;
  return SimulatedSerialServer.open(address, port, unitsOf(simulator, order), terminalLogger(terminal));
}

/** @returns undefined when the user ends the command before all meters stand */
async function startOrEnd(order: SimOrder, terminal: Terminal): Promise<Simulator | undefined> {
  const { ended } = terminal;
  try {
    return await startSimulator(PM500, { ...order.simulator, logger: terminalLogger(terminal), signal: ended });
  } catch (thrown) {
    if (ended.aborted && hasCode(thrown, 'ABORTED')) return undefined;
    throw thrown;
  }
}

/**
 * `pm500 sim`: runs until it is ended.
 * @returns the exit code
 * @throws Pm500Error CONFIG_INVALID or PROFILE_INVALID for bad options, SIMULATOR_BIND_FAILED, MODBUS_SERIAL_UNAVAILABLE
 */
export async function runSim(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = Options.parse('pm500 sim', SIM_OPTIONS, args);
  if (options.has('help')) {
    terminal.print(SIM_HELP);
    return EXIT.success;
  }
  const [extra] = options.positionals;
  if (extra !== undefined) failUsage(`Argument "${extra}" has no meaning here; addresses follow --bind.`);
  const order = readSimOrder(options);
  const { http, serial, description, speed, seed } = order;

  const simulator = await startOrEnd(order, terminal);
  if (simulator === undefined) return EXIT.success;
  const control = new SimulatorControl(simulator);
  const web = new HttpControl(simulator, control);
  let line: SimulatedSerialLine | undefined;
  let serialServer: SimulatedSerialServer | undefined;
  let stopCommands = (): void => undefined;
  try {
    beginFaults(control, options.texts('fault'));
    line = await openLine(simulator, order, terminal);
    serialServer = await openSerialServer(simulator, order, terminal);
    const httpPort = http === undefined ? undefined : await web.open(http.address, http.port);
    const ready = {
      load: description,
      speed,
      seed,
      ...(httpPort === undefined ? {} : { httpPort }),
      ...(serial === undefined ? {} : { serialPath: serial.path }),
      ...(serialServer === undefined ? {} : { rtuTcpPort: serialServer.port }),
    };
    terminal.print(describeReady(simulator, ready, options.has('json')));
    if (!options.has('no-input')) stopCommands = takeCommands(control, terminal);
    await untilEnded(terminal.ended);
  } finally {
    stopCommands();
    await Promise.all([line?.close(), serialServer?.close(), web.close()]);
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
