import type { CounterChoice } from '../model/counters';
import type { MeterModel } from '../../meters/meter-model';
import type { Clock, Timer } from '../../support/clock';
import type { EthernetIpAdapter } from '../ethernet-ip/ethernet-ip-adapter';
import type { FaultName } from './fault-table';
import { cannotHave, type FaultEffects } from './faults';
import type { Gate } from './gate';
import type { ModbusServer } from '../modbus/modbus-server';
import type { FaultParameters } from './parse-fault';
import type { PlcKeeper } from '../ethernet-ip/plc-keeper';
import type { SimulatedMeter } from '../model/simulated-meter';
import type { Suspension } from '../modbus/suspension';
import { shiftCounters, valueEffects, type Effect, type EffectTable } from './value-effects';

/** What a meter consists of, as far as faults reach it. */
export interface FaultTargets {
  readonly meter: SimulatedMeter;
  readonly adapter: EthernetIpAdapter;
  readonly modbus: ModbusServer | undefined;
  readonly plc: PlcKeeper | undefined;
  readonly suspension: Suspension;
  /** TCP of both protocols. */
  readonly gate: Gate;
  readonly clock: Clock;
}

function resetConnections({ adapter, modbus }: FaultTargets): void {
  adapter.resetConnections();
  modbus?.resetConnections();
}

/** Another client takes the one socket, and asks now and then. */
function busySocket({ modbus, suspension, clock }: FaultTargets): Effect {
  let asking: Timer | undefined;
  return {
    begin: ({ everyMs }) => {
      if (modbus === undefined) cannotHave('busy-socket', 'Modbus port');
      modbus.occupy(true);
      if (everyMs === 0) return;
      const ask = (): void => {
        suspension.extend();
        asking = clock.after(Number(everyMs), ask);
      };
      ask();
    },
    end: () => {
      asking?.cancel();
      modbus?.occupy(false);
    },
  };
}

function nextSerial({ identity }: MeterModel, present: number, chosen: number): number {
  const { min, max } = identity.serialNumbers;
  if (chosen !== 0) return chosen;
  return present < max ? present + 1 : min;
}

/** The faults of connections and of who is connected. */
function connectionEffects(targets: FaultTargets): EffectTable {
  const { meter, adapter, modbus, gate, plc } = targets;
  return {
    reset: {
      begin: () => {
        resetConnections(targets);
      },
    },
    refuse: {
      begin: () => {
        gate.shut('refuse');
      },
      end: () => {
        gate.release('refuse');
      },
    },
    reboot: {
      begin: () => {
        gate.shut('reboot');
        adapter.implicit.table.clear();
      },
      end: () => {
        gate.release('reboot');
      },
    },
    'power-loss': {
      begin: (parameters) => {
        shiftCounters(meter, parameters['counters'] as CounterChoice, -Number(parameters['lost']));
        gate.shut('power-loss');
        adapter.implicit.table.clear();
      },
      end: () => {
        gate.release('power-loss');
      },
    },
    'modbus-exception': {
      begin: () => {
        if (modbus === undefined) cannotHave('modbus-exception', 'Modbus port');
      },
    },
    'busy-socket': busySocket(targets),
    'owner-lost': {
      begin: () => {
        // A PLC that is gone is found out by the meter, which has missed its heartbeats for long enough.
        if (plc === undefined) adapter.implicit.table.dropOwners();
        else void plc.die();
      },
      end: () => {
        void plc?.start();
      },
    },
    'meter-replaced': {
      begin: ({ serialNumber }) => {
        meter.replace(nextSerial(meter.model, meter.identity.serialNumber, Number(serialNumber)));
        adapter.implicit.table.clear();
        resetConnections(targets);
      },
    },
  };
}

/** Carries out the faults that need more than a look where bytes leave (see wire-faults.ts for those). */
export class MeterFaultEffects implements FaultEffects {
  private readonly effects: EffectTable;

  constructor(targets: FaultTargets) {
    this.effects = { ...valueEffects(targets.meter), ...connectionEffects(targets) };
  }

  begin(name: FaultName, parameters: FaultParameters): void {
    this.effects[name]?.begin(parameters);
  }

  end(name: FaultName): void {
    this.effects[name]?.end?.();
  }
}
