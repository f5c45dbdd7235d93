import type { MeterModel } from '../../meters/meter-model';
import { processLines } from './line-turns';
import { LineTransport } from './modbus-transport';
import { ReadOnlySocket } from './read-only-socket';
import type { ModbusDependencies, ModbusSettings, ModbusTransport } from './settings';
import { openTcpLine } from './tcp-line';
import type { TcpLineSettings } from './tcp-socket';

export interface ModbusTcpSettings extends ModbusSettings, TcpLineSettings {}

export interface ModbusTcpDependencies extends ModbusDependencies {
  /** Default: a TCP socket of the operating system. */
  readonly createSocket?: (where: string) => ReadOnlySocket;
}

/** Silence between the close of a socket and the next one, so that the meter has noticed. */
const PAUSE_MS = 50;

/**
 * Modbus TCP, functions 03 and 04 only. A meter serves one socket, and while it does it suspends EtherNet/IP, also for a
 * PLC that owns it: not for a meter that is shared.
 */
export function createModbusTcpTransport(
  model: MeterModel,
  settings: ModbusTcpSettings,
  dependencies: ModbusTcpDependencies,
): ModbusTransport {
  const { clock, lines = processLines, createSocket = (where: string) => new ReadOnlySocket(where) } = dependencies;
  const address = `${settings.host}:${settings.port}`;
  return new LineTransport(
    model,
    {
      where: `${address} unit ${settings.unitId}`,
      key: `Modbus TCP ${address.toLowerCase()}`,
      unit: settings.unitId,
      openLine: (events, signal) => openTcpLine(settings, clock, createSocket, events, signal),
      pauseMs: PAUSE_MS,
      pauseAfterFailureMs: PAUSE_MS,
      lines,
    },
    settings,
    dependencies,
  );
}
