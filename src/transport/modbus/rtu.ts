import type { MeterModel } from '../../meters/meter-model';
import { processLines } from './line-turns';
import { LineTransport } from './modbus-transport';
import { openRtuLine, type RtuLineSettings } from './rtu-line';
import { rtuPolicy } from './rtu-policy';
import { loadSystemBinding, type SerialBinding } from './serial-binding';
import type { ModbusDependencies, ModbusSettings, ModbusTransport } from './settings';

export interface ModbusRtuSettings extends ModbusSettings, RtuLineSettings {}

export interface ModbusRtuDependencies extends ModbusDependencies {
  /** Default: the binding of the operating system, from the optional package serialport. */
  readonly loadBinding?: () => SerialBinding;
}

/**
 * Modbus RTU for units with the serial option, functions 03 and 04 only. Several meters on one line take turns when each
 * gives the port back after its cycle (`releaseAfterIdleMs: 0`).
 */
export function createModbusRtuTransport(
  model: MeterModel,
  settings: ModbusRtuSettings,
  dependencies: ModbusRtuDependencies,
): ModbusTransport {
  const { clock, lines = processLines, loadBinding = loadSystemBinding } = dependencies;
  return new LineTransport(
    model,
    {
      where: `${settings.path} unit ${settings.unitId}`,
      key: `Serial port ${settings.path}`,
      unit: settings.unitId,
      openLine: (events, signal) => openRtuLine(settings, clock, loadBinding, events, signal),
      ...rtuPolicy(settings),
      lines,
    },
    settings,
    dependencies,
  );
}
