import type { MeterModel } from '../../meters/meter-model';
import { processLines } from './line-turns';
import { LineTransport } from './modbus-transport';
import { ReadOnlySocket } from './read-only-socket';
import { openRtuTcpLine, type RtuTcpLineSettings } from './rtu-tcp-line';
import { rtuPolicy } from './rtu-policy';
import type { ModbusSettings, ModbusTransport } from './settings';
import type { ModbusTcpDependencies } from './tcp';

export interface ModbusRtuTcpSettings extends ModbusSettings, RtuTcpLineSettings {}

/**
 * Modbus RTU frames over the TCP connection of a transparent serial server, functions 03 and 04 only. Several meters on
 * the line behind it take turns.
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
      ...rtuPolicy(settings),
      lines,
    },
    settings,
    dependencies,
  );
}
