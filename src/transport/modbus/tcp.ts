import { LineTransport, type ModbusDependencies, type ModbusSettings, type ModbusTransport } from './modbus-transport';
import { processLines } from './line-turns';
import { ReadOnlySocket } from './read-only-socket';
import { openTcpLine, type TcpLineSettings } from './tcp-line';

export interface ModbusTcpSettings extends ModbusSettings, TcpLineSettings {}

export interface ModbusTcpDependencies extends ModbusDependencies {
  /** Default: a TCP socket of the operating system. */
  readonly createSocket?: (where: string) => ReadOnlySocket;
}

/** Silence between the close of a socket that failed and the next one. */
const PAUSE_MS = 50;

/**
 * Modbus TCP, functions 03 and 04 only. A meter serves one socket, and while it does it suspends EtherNet/IP, also for a
 * PLC that owns it: not for a meter that is shared.
 */
export function createModbusTcpTransport(
  settings: ModbusTcpSettings,
  dependencies: ModbusTcpDependencies,
): ModbusTransport {
  const { clock, lines = processLines, createSocket = (where: string) => new ReadOnlySocket(where) } = dependencies;
  const where = `${settings.host}:${settings.port}`;
  return new LineTransport(
    {
      where,
      key: `Modbus TCP ${where.toLowerCase()}`,
      openLine: (events, signal) => openTcpLine(settings, clock, createSocket, events, signal),
      pauseMs: PAUSE_MS,
      lines,
    },
    settings,
    dependencies,
  );
}
