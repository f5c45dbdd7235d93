import type { Node, NodeAPI, NodeDef } from 'node-red';
import { CATALOG_NUMBERS, SERIAL_NUMBER_RANGE } from '../src/meter/identity';
import { LOAD_KINDS, loadsOf } from '../src/simulator/choose-load';
import { SimulatorControl } from '../src/simulator/control';
import { START_RANGE } from '../src/simulator/counters';
import { ADDRESSINGS, MOST_METERS, settingsOfMany } from '../src/simulator/many-meters';
import { LISTENING_SERVICES } from '../src/simulator/connection-admission';
import { parseFaultName } from '../src/simulator/parse-fault';
import { MAXIMUM_POWER_W } from '../src/simulator/plain-profiles';
import { SIMULATED_RPI_MS } from '../src/simulator/running-meter';
import { SPEED_RANGE } from '../src/simulator/simulated-time';
import { startSimulator, type Simulator, type SimulatorSettings } from '../src/simulator/simulator';
import { systemClock, type Timer } from '../src/support/clock';
import { hasCode, Pm500Error, toPm500Error } from '../src/support/errors';
import { DELIVERIES } from '../src/transport/ethernet-ip/connection-parameters';
import { onClose } from './shared/close';
import type { ConfigReader, NumberRange } from './shared/config';
import { onInput } from './shared/input';
import { nodeLogger } from './shared/logger';
import { noteSimulatorStart } from './shared/simulator-starts';
import { startNode } from './shared/start';

const SERIAL_RANGE: NumberRange = { ...SERIAL_NUMBER_RANGE, whole: true };
const SEED_RANGE: NumberRange = { min: 0, max: 0xffff_ffff, whole: true };
const POWER_RANGE: NumberRange = { min: -MAXIMUM_POWER_W / 1000, max: MAXIMUM_POWER_W / 1000, unit: 'kW' };
const STATUS_EVERY_MS = 2000;

const KWH_RANGE: NumberRange = { ...START_RANGE, unit: 'kWh' };
const COUNT_RANGE: NumberRange = { min: 1, max: MOST_METERS, whole: true };
const RPI_RANGE: NumberRange = { ...SIMULATED_RPI_MS, unit: 'ms' };

/** @throws Pm500Error CONFIG_INVALID, PROFILE_INVALID */
function readSettings(config: ConfigReader<'pm500-sim'>): SimulatorSettings {
  const load = {
    kind: config.choice('load', LOAD_KINDS),
    csvFile: config.text('csvFile'),
    activePowerKw: config.number('activePowerKw', POWER_RANGE),
  };
  const modbusPort = config.optionalPort('modbusPort');
  const plc = { rpiMs: config.number('plcRpiMs', RPI_RANGE), delivery: config.choice('plcDelivery', DELIVERIES) };
  const startKwh = config.optionalNumber('startKwh', KWH_RANGE);
  return {
    speed: config.number('speed', SPEED_RANGE),
    meters: settingsOfMany({
      count: config.number('count', COUNT_RANGE),
      addressing: config.choice('addressing', ADDRESSINGS),
      loadOf: loadsOf(load),
      first: {
        bind: config.requiredText('bind'),
        enipPort: config.port('port'),
        ...(modbusPort === undefined ? {} : { modbusPort }),
        catalogNumber: config.choice(
          'catalogNumber',
          CATALOG_NUMBERS.map((row) => row.catalogNumber),
        ),
        serialNumber: config.number('serialNumber', SERIAL_RANGE),
        seed: config.number('seed', SEED_RANGE),
        listenOnly: config.choice('listenOnly', LISTENING_SERVICES),
        ...(config.flag('plc') ? { plc } : {}),
        ...(startKwh === undefined ? {} : { startKwh }),
      },
    }),
  };
}

/** A fault that this meter cannot have is told; the meter runs without it. */
function beginOnAll(simulator: Simulator, fault: string, node: Node): void {
  try {
    new SimulatorControl(simulator).order({ fault });
  } catch (thrown) {
    node.warn(toPm500Error(thrown).message);
  }
}

/** A simulated meter on the network: it listens while the flow runs, shows the power it simulates, and has faults on demand. */
export = (RED: NodeAPI): void => {
  function Pm500Sim(this: Node, definition: NodeDef): void {
    startNode(RED, this, 'pm500-sim', definition, (config, status) => {
      const settings = readSettings(config);
      const fault = config.text('fault');
      if (fault !== '') parseFaultName(fault);
      let timer: Timer | undefined;
      let closing = false;

      const show = (simulator: Simulator): void => {
        const [meter] = simulator.meters;
        if (closing || meter === undefined) return;
        timer?.cancel();
        const names = simulator.meters.flatMap(({ faults }) => faults.active.map(({ name }) => name));
        const [name, ...others] = new Set(names);
        const power = (meter.activePowerW() / 1000).toPrecision(4);
        const count = simulator.meters.length;
        if (name !== undefined && others.length > 0) status.show('partial', 'faults', { name, more: others.length });
        else if (name !== undefined) status.show('partial', 'fault', { name });
        else if (count > 1) status.show('ok', 'many', { port: meter.port, count });
        else status.show('ok', 'power', { port: meter.port, power: Number(power) });
        timer = systemClock.after(STATUS_EVERY_MS, () => {
          show(simulator);
        });
      };

      status.show('busy', 'starting');
      const started = startSimulator({ ...settings, logger: nodeLogger(this) }).then(
        (simulator) => {
          if (fault !== '') beginOnAll(simulator, fault, this);
          for (const { faults } of simulator.meters) {
            faults.onChange(() => {
              show(simulator);
            });
          }
          show(simulator);
          return simulator;
        },
        (thrown: unknown) => {
          const inUse = hasCode(thrown, 'SIMULATOR_BIND_FAILED') && toPm500Error(thrown).retryable;
          status.show('failed', inUse ? 'portInUse' : 'failed');
          this.error(toPm500Error(thrown).message);
          return undefined;
        },
      );

      noteSimulatorStart(started);

      onInput(this, async (message, send) => {
        const simulator = await started;
        if (simulator === undefined) {
          throw new Pm500Error(
            'SIMULATOR_BIND_FAILED',
            'The simulated meter does not run; see its status and the log.',
          );
        }
        const control = new SimulatorControl(simulator);
        control.order(message.payload);
        const states = control.states;
        send({ ...message, payload: states.length === 1 ? states[0] : states });
      });

      onClose(this, async () => {
        closing = true;
        timer?.cancel();
        const simulator = await started;
        await simulator?.close();
      });
    });
  }
  RED.nodes.registerType('pm500-sim', Pm500Sim, {});
};
