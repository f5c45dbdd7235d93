import type { Node, NodeAPI, NodeDef } from 'node-red';
import { loadsOf } from '../../src/simulator/model/choose-load';
import { SimulatorControl } from '../../src/simulator/control/control';
import { settingsOfMany } from '../../src/simulator/many-meters';
import { startSimulator, type Simulator, type SimulatorSettings } from '../../src/simulator/simulator';
import { systemClock, type Timer } from '../../src/support/clock';
import { hasCode, Pm500Error, toPm500Error } from '../../src/support/errors';
import { onClose } from '../shared/close';
import type { ConfigReader } from '../shared/config';
import { onInput } from '../shared/input';
import { nodeLogger } from '../shared/logger';
import { noteSimulatorStart } from '../shared/simulator-starts';
import { startNode } from '../shared/start';
import { PM500 } from '../../src/meters/pm500';

const STATUS_EVERY_MS = 2000;

/** @throws Pm500Error CONFIG_INVALID, PROFILE_INVALID */
function readSettings(config: ConfigReader<'pm500-sim'>): SimulatorSettings {
  const load = {
    kind: config.choice('load'),
    csvFile: config.text('csvFile'),
    activePowerKw: config.number('activePowerKw'),
  };
  const modbusPort = config.number('modbusPort');
  const plc = { rpiMs: config.number('plcRpiMs'), delivery: config.choice('plcDelivery') };
  const startKwh = config.number('startKwh');
  return {
    speed: config.number('speed'),
    meters: settingsOfMany(PM500, {
      count: config.number('count'),
      addressing: config.choice('addressing'),
      loadOf: loadsOf(load),
      first: {
        bind: config.text('bind'),
        enipPort: config.number('port'),
        ...(modbusPort === undefined ? {} : { modbusPort }),
        catalogNumber: config.choice('catalogNumber'),
        serialNumber: config.number('serialNumber'),
        energyLayout: config.choice('energyLayout'),
        seed: config.number('seed'),
        listenOnly: config.choice('listenOnly'),
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
      const fault = config.choice('fault');
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
        else if (count > 1) status.show('ok', 'many', { count });
        else status.show('ok', 'power', { power: Number(power) });
        timer = systemClock.after(STATUS_EVERY_MS, () => {
          show(simulator);
        });
      };

      status.show('busy', 'starting');
      const started = startSimulator(PM500, { ...settings, logger: nodeLogger(this) }).then(
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
