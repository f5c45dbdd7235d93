import { isIPv4 } from 'node:net';
import { QUIRKS } from '../meter/quirks';
import { systemClock, type Clock } from '../support/clock';
import { Pm500Error } from '../support/errors';
import { silentLogger, type Logger } from '../support/logger';
import type { Value } from '../domain/reading';
import type { Random } from '../support/random';
import type { ConnectionSummary } from './connection-table';
import { EthernetIpAdapter } from './ethernet-ip-adapter';
import type { LoadProfile } from './load-profile';
import { ModbusServer } from './modbus-server';
import { ModbusTarget, type ModbusStats } from './modbus-target';
import { PlcKeeper, type PlcChoice } from './plc-keeper';
import { RegisterImage } from './register-image';
import { SimulatedMeter } from './simulated-meter';
import { StatsRecorder, type MeterStats } from './stats';
import { findCatalogNumber } from './supply';
import { Suspension } from './suspension';

/** One meter of a simulator. */
export interface SimulatedMeterSettings {
  /** IPv4 address to listen on. */
  readonly bind: string;
  /** TCP and UDP port; 0 lets the system choose. Default: the port of EtherNet/IP. */
  readonly enipPort?: number;
  /** UDP port for heartbeats of I/O connections. Default: one that the system chooses, which originators are told. */
  readonly implicitPort?: number;
  /** Where multicast data goes; default: the first group for such use, and the port of the specification. */
  readonly multicast?: { readonly address: string; readonly port: number };
  /** TCP port of Modbus; 0 lets the system choose, absent for a meter without Modbus. */
  readonly modbusPort?: number;
  readonly catalogNumber: string;
  readonly serialNumber: number;
  /** Two meters with the same seed and load show the same values. */
  readonly seed: number;
  readonly load: LoadProfile;
  /** A PLC that owns the meter; absent for none. */
  readonly plc?: PlcChoice;
}

/** What all meters of a simulator share. */
export interface CommonSettings {
  /** Simulated seconds per real second; default 1. */
  readonly speed?: number;
  /** Simulated time at which all meters begin, epoch milliseconds; default: that of each load. */
  readonly startMs?: number;
  /** TCP connections of EtherNet/IP per meter; default 32. */
  readonly maximumConnections?: number;
  /** CIP connections per meter, of all kinds; default: those of the assembly object. */
  readonly maximumCipConnections?: number;
  /** Default 120 s, the inactivity timeout that the TCP/IP object of CIP has by default. */
  readonly idleTimeoutMs?: number;
  /** How long Modbus suspends EtherNet/IP after each sign of life, ms; default 5 s, since nobody says how long. */
  readonly modbusSuspendsEnipMs?: number;
  readonly clock?: Clock;
  /** Draws the identities of simulated PLCs. */
  readonly random?: Random;
  readonly logger?: Logger;
}

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
  /** What it has seen so far; a copy. */
  readonly stats: MeterStats;
  /** Every metric now, in catalogue units, before rounding to what travels. */
  values(): Record<string, Value>;
  /** Forgets all CIP connections without a word, as a meter that restarts. */
  dropConnections(): void;
  simulatedTimeMs(): number;
  activePowerW(): number;
}

/** Organization-local multicast, where the algorithm of CIP Vol 2 (3-5.3) begins. */
const DEFAULT_GROUP = { address: '239.192.1.0', port: QUIRKS.implicitPort.value };
/** The manual states no bounds; the lower one is the meter's, the upper one is that of sister products. */
export const SIMULATED_RPI_MS = { min: QUIRKS.minimumRpiMs.value, max: 10_000 } as const;
const ANY_ADDRESS = '0.0.0.0';
const LOOPBACK = '127.0.0.1';
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
  for (const port of [settings.enipPort ?? QUIRKS.enipPort.value, settings.modbusPort ?? 0]) {
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      throw new Pm500Error('CONFIG_INVALID', `Port ${port} does not exist; choose a whole number from 0 to 65535.`);
    }
  }
}

/** What one meter consists of on the network. */
export interface StartedMeter {
  readonly running: RunningMeter;
  readonly close: () => Promise<void>;
}

interface StartedModbus {
  readonly port: number;
  readonly server: ModbusServer;
}

/** @throws Pm500Error SIMULATOR_BIND_FAILED */
async function startModbus(
  meter: SimulatedMeter,
  suspension: Suspension,
  { bind, modbusPort }: SimulatedMeterSettings,
  { idleTimeoutMs = DEFAULT_IDLE_TIMEOUT_MS, logger = silentLogger }: CommonSettings,
): Promise<StartedModbus | undefined> {
  if (modbusPort === undefined) return undefined;
  const server = new ModbusServer(new ModbusTarget(new RegisterImage(meter)), {
    bind,
    port: modbusPort,
    idleTimeoutMs,
    onActivity: () => {
      suspension.extend();
    },
    logger,
  });
  return { server, port: await server.open() };
}

function plcBeside(
  { bind, plc }: SimulatedMeterSettings,
  port: number,
  { clock = systemClock, random = Math.random, logger = silentLogger }: CommonSettings,
): PlcKeeper | undefined {
  if (plc === undefined) return undefined;
  const host = bind === ANY_ADDRESS ? LOOPBACK : bind;
  return new PlcKeeper({ host, port }, plc, { clock, random, logger });
}

/** @throws Pm500Error CONFIG_INVALID, SIMULATOR_BIND_FAILED */
export async function startMeter(settings: SimulatedMeterSettings, common: CommonSettings): Promise<StartedMeter> {
  checkAddress(settings);
  const { bind, catalogNumber, serialNumber, seed, load } = settings;
  const { startMs, clock = systemClock } = common;
  const model = findCatalogNumber(catalogNumber);
  const options = { model, serialNumber, seed, load, ...(startMs === undefined ? {} : { startMs }) };
  const meter = new SimulatedMeter(options, clock, common.speed ?? 1);
  const stats = new StatsRecorder(clock);
  const suspension = new Suspension(clock, common.modbusSuspendsEnipMs ?? DEFAULT_SUSPENSION_MS);
  const adapter = new EthernetIpAdapter(meter, stats, {
    bind,
    port: settings.enipPort ?? QUIRKS.enipPort.value,
    maximumConnections: common.maximumConnections ?? DEFAULT_MAXIMUM_CONNECTIONS,
    idleTimeoutMs: common.idleTimeoutMs ?? DEFAULT_IDLE_TIMEOUT_MS,
    logger: common.logger ?? silentLogger,
    isSuspended: () => suspension.active,
    connections: {
      port: settings.implicitPort ?? 0,
      clock,
      maximumConnections: common.maximumCipConnections ?? QUIRKS.assemblyConnections.value,
      bounds: { minimumMs: SIMULATED_RPI_MS.min, maximumMs: SIMULATED_RPI_MS.max },
      group: settings.multicast ?? DEFAULT_GROUP,
    },
  });
  const port = await adapter.open();
  let modbus: StartedModbus | undefined;
  try {
    modbus = await startModbus(meter, suspension, settings, common);
  } catch (thrown) {
    await adapter.close();
    throw thrown;
  }
  const plc = plcBeside(settings, port, common);
  await plc?.start();
  return {
    close: async () => {
      await Promise.all([plc?.die(), adapter.close(), modbus?.server.close()]);
    },
    running: {
      address: bind,
      port,
      ...(modbus === undefined ? {} : { modbusPort: modbus.port }),
      get modbusStats() {
        return modbus?.server.stats;
      },
      get implicitPort() {
        return adapter.implicit.port;
      },
      get connections() {
        return adapter.implicit.table.summaries;
      },
      catalogNumber,
      serialNumber,
      get plcOwns() {
        return plc?.owns;
      },
      get stats() {
        return stats.snapshot();
      },
      values: () => meter.values(),
      dropConnections: () => {
        adapter.implicit.table.clear();
      },
      simulatedTimeMs: () => meter.simulatedTimeMs(),
      activePowerW: () => meter.activePowerW(),
    },
  };
}
