import type { MeterModel } from '../../meters/meter-model';
import { isOnlyNoise } from './line-noise';
import { processLines } from './line-turns';
import { LineTransport } from './modbus-transport';
import { ReadOnlySocket } from './read-only-socket';
import { openRtuTcpLine, type RtuTcpLineSettings } from './rtu-tcp-line';
import type { ModbusSettings, ModbusTransport } from './settings';
import type { ModbusTcpDependencies } from './tcp';

export interface ModbusRtuTcpSettings extends ModbusSettings, RtuTcpLineSettings {}

/** Silence between the close of a connection and the next one: a serial server has one for each port. */
const PAUSE_MS = 50;

/**
 * Modbus RTU frames over the TCP connection of a transparent serial server, functions 03 and 04 only. Several meters on
 * the line behind it take turns.
 *
 * A reply says neither what it answers nor when it was asked for. So after a failure the connection is closed, and the
 * line stays silent for as long as a reply may take.
 */
export function createModbusRtuTcpTransport(
  model: MeterModel,
  settings: ModbusRtuTcpSettings,
  dependencies: ModbusTcpDependencies,
): ModbusTransport {
  const { clock, lines = processLines } = dependencies;
  const { createSocket = (where: string) => new ReadOnlySocket(where, 'rtu') } = dependencies;
  const address = `${settings.host}:${settings.port}`;
  return new LineTransport(
    model,
    {
      where: `${address} unit ${settings.unitId}`,
      key: `Modbus RTU over TCP ${address.toLowerCase()}`,
      unit: settings.unitId,
      openLine: (events, signal) => openRtuTcpLine(settings, clock, createSocket, events, signal),
      ignores: isOnlyNoise,
      pauseMs: PAUSE_MS,
      pauseAfterFailureMs: Math.max(PAUSE_MS, settings.replyTimeoutMs),
      lines,
    },
    settings,
    dependencies,
  );
}
