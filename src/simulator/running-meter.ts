import { isIPv4 } from 'node:net';
import type { Value } from '../domain/messages/reading';
import type { MeterModel } from '../meters/meter-model';
import { PROTOCOL_FACTS } from '../meters/protocol-facts';
import { systemClock } from '../support/clock';
import { Pm500Error } from '../support/errors';
import { silentLogger } from '../support/logger';
import type { ConnectionSummary } from './ethernet-ip/connection-table';
import { EthernetIpAdapter } from './ethernet-ip/ethernet-ip-adapter';
import { MeterFaultEffects } from './faults/fault-effects';
import { MeterFaults } from './faults/faults';
import { Gate } from './faults/gate';
import { groupOf, outwardAddress } from './host-networks';
import { ModbusRtuServer } from './modbus/modbus-rtu-server';
import { ModbusServer } from './modbus/modbus-server';
import { ModbusTarget, type ModbusStats } from './modbus/modbus-target';
import { PlcKeeper } from './ethernet-ip/plc-keeper';
import { RegisterImage } from './modbus/register-image';
import type { ServedListener } from './served';
import { SimulatedMeter } from './model/simulated-meter';
import type { CommonSettings, SimulatedMeterSettings } from './simulator-settings';
import { StatsRecorder, type MeterStats } from './stats';
import { findCatalogNumber } from './model/supply';
import { Suspension } from './modbus/suspension';
import { WireFaults } from './faults/wire-faults';

/** One simulated meter that listens. */
export interface RunningMeter {
  readonly address: string;
  readonly port: number;
  /** UDP port for heartbeats of I/O connections. */
  readonly implicitPort: number;
  /** TCP port of Modbus, and what its server has seen so far (a copy); absent without Modbus. */
  readonly modbusPort?: number;
  readonly modbusStats?: ModbusStats | undefined;
  /** CIP connections open now. */
  readonly connections: readonly ConnectionSummary[];
  readonly catalogNumber: string;
  readonly serialNumber: number;
  /** True while the PLC beside the meter owns it; absent without a PLC. */
  readonly plcOwns?: boolean | undefined;
  /** Faults on demand, by name. */
  readonly faults: MeterFaults;
  /** What it has seen so far; a copy. */
  readonly stats: MeterStats;
  /** Every metric now, in catalog units, before rounding to what travels. */
  values(): Record<string, Value>;
  /** Calls `listener` for all data that leaves, as it is before faults of the wire, until the returned function is called. */
  onServed(listener: ServedListener): () => void;
  /** A Modbus RTU server of this meter, as unit 1 to 247, for a line that is open already. */
  createRtuServer(unitId: number): ModbusRtuServer;
  /** Forgets all CIP connections without a word, as a meter that restarts. */
  dropConnections(): void;
  simulatedTimeMs(): number;
  activePowerW(): number;
}

/** The manual states no bounds; the lower one is the meter's, the upper one is that of sister products. */
export function simulatedRpiMs({ quirks }: Pick<MeterModel, 'quirks'>): { readonly min: number; readonly max: number } {
  return { min: quirks.minimumRpiMs.value, max: LONGEST_RPI_MS };
}

const LONGEST_RPI_MS = 10_000;
const ANY_ADDRESS = '0.0.0.0';
const DEFAULT_MAXIMUM_CONNECTIONS = 32;
const DEFAULT_IDLE_TIMEOUT_MS = 120_000;
const DEFAULT_SUSPENSION_MS = 5000;

function checkAddress(settings: SimulatedMeterSettings): void {
  if (!isIPv4(settings.bind)) {
    throw new Pm500Error(
      'CONFIG_INVALID',
      `"${settings.bind}" is not an IPv4 address to listen on; write it as 127.0.0.1, or 0.0.0.0 for all.`,
    );
  }
  const { enipPort = PROTOCOL_FACTS.enipPort.value, modbusPort = 0, implicitPort = 0 } = settings;
  for (const port of [enipPort, modbusPort, implicitPort]) {
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      throw new Pm500Error('CONFIG_INVALID', `Port ${port} does not exist; choose a whole number from 0 to 65535.`);
    }
  }
}

/** What one meter consists of on the network. */
export interface StartedMeter {
  readonly running: RunningMeter;
  /**
   * Opens the sockets whose ports the system chooses, which must not take the ports of other meters that still open
   * theirs; then lets its PLC begin.
   * @throws Pm500Error SIMULATOR_BIND_FAILED
   */
  readonly openImplicit: () => Promise<void>;
  readonly startPlc: () => Promise<void>;
  readonly close: () => Promise<void>;
}

function plcBeside(
  model: MeterModel,
  { bind, plc }: SimulatedMeterSettings,
  port: number,
  { clock = systemClock, random = Math.random, logger = silentLogger }: CommonSettings,
): PlcKeeper | undefined {
  if (plc === undefined) return undefined;
  const host = bind === ANY_ADDRESS ? outwardAddress() : bind;
  return new PlcKeeper(model, { host, port }, plc, { clock, random, logger });
}

/** The parts of one meter, made but not yet listening. */
function assemble(model: MeterModel, settings: SimulatedMeterSettings, common: CommonSettings) {
  const { bind, catalogNumber, serialNumber, seed, load, modbusPort, energyLayout, startKwh } = settings;
  const { startMs, clock = systemClock, logger = silentLogger, random = Math.random } = common;
  const bounds = simulatedRpiMs(model);
  const idleTimeoutMs = common.idleTimeoutMs ?? DEFAULT_IDLE_TIMEOUT_MS;
  const options = {
    catalogEntry: findCatalogNumber(model, catalogNumber),
    serialNumber,
    seed,
    load,
    ...(startMs === undefined ? {} : { startMs }),
    ...(energyLayout === undefined ? {} : { energyLayout }),
    ...(startKwh === undefined ? {} : { startKwh }),
  };
  const meter = new SimulatedMeter(model, options, clock, common.speed ?? 1, common.refreshMs);
  const stats = new StatsRecorder(clock);
  const suspension = new Suspension(clock, common.modbusSuspendsEnipMs ?? DEFAULT_SUSPENSION_MS);
  const faults = new MeterFaults(clock);
  const wire = new WireFaults(faults, clock, random);
  const adapter = new EthernetIpAdapter(meter, stats, {
    bind,
    port: settings.enipPort ?? PROTOCOL_FACTS.enipPort.value,
    maximumConnections: common.maximumConnections ?? DEFAULT_MAXIMUM_CONNECTIONS,
    idleTimeoutMs,
    logger,
    isSuspended: () => suspension.active || faults.has('reboot') || faults.has('power-loss'),
    faults: wire,
    connections: {
      port: settings.implicitPort,
      clock,
      maximumConnections: common.maximumCipConnections ?? model.quirks.assemblyConnections.value,
      bounds: { minimumMs: bounds.min, maximumMs: bounds.max },
      group: settings.multicast ?? {
        address: groupOf(bind),
        port: PROTOCOL_FACTS.implicitPort.value,
      },
      listenOnly: settings.listenOnly ?? 'both',
    },
  });
  const target = new ModbusTarget(new RegisterImage(meter), wire);
  const onActivity = (): void => {
    suspension.extend();
  };
  const modbus =
    modbusPort === undefined
      ? undefined
      : new ModbusServer(target, {
          maximumSockets: model.quirks.modbusTcpSockets.value,
          bind,
          port: modbusPort,
          idleTimeoutMs,
          onActivity,
          logger,
          faults: wire,
        });
  return { meter, stats, suspension, faults, wire, adapter, target, modbus, clock, logger };
}

/**
 * Starts to listen at the ports that the settings name.
 * @throws Pm500Error CONFIG_INVALID, SIMULATOR_BIND_FAILED
 */
export async function startMeter(
  model: MeterModel,
  settings: SimulatedMeterSettings,
  common: CommonSettings,
): Promise<StartedMeter> {
  checkAddress(settings);
  const parts = assemble(model, settings, common);
  const { meter, stats, suspension, faults, wire, adapter, target, modbus, clock, logger } = parts;
  const port = await adapter.open();
  let modbusPort: number | undefined;
  try {
    modbusPort = await modbus?.open();
  } catch (thrown) {
    await adapter.close();
    throw thrown;
  }
  const gate = new Gate(modbus === undefined ? [adapter] : [adapter, modbus], clock, logger);
  const plc = plcBeside(model, settings, port, common);
  faults.attach(new MeterFaultEffects({ meter, adapter, modbus, plc, suspension, gate, clock }));
  return {
    openImplicit: () => adapter.implicit.open(),
    startPlc: async () => {
      await plc?.start();
    },
    close: async () => {
      const ended = gate.end();
      wire.close();
      faults.stopAll();
      await ended;
      await Promise.all([plc?.die(), adapter.close(), modbus?.close()]);
    },
    running: {
      address: settings.bind,
      port,
      faults,
      ...(modbusPort === undefined ? {} : { modbusPort }),
      get modbusStats() {
        return modbus?.stats;
      },
      get implicitPort() {
        return adapter.implicit.port;
      },
      get connections() {
        return adapter.implicit.table.summaries;
      },
      catalogNumber: settings.catalogNumber,
      get serialNumber() {
        return meter.identity.serialNumber;
      },
      get plcOwns() {
        return plc?.owns;
      },
      get stats() {
        return stats.snapshot();
      },
      values: () => meter.values(),
      onServed: (listener) => meter.served.onServed(listener),
      createRtuServer: (unitId) => new ModbusRtuServer(target, unitId, wire),
      dropConnections: () => {
        adapter.implicit.table.clear();
      },
      simulatedTimeMs: () => meter.simulatedTimeMs(),
      activePowerW: () => meter.activePowerW(),
    },
  };
}
