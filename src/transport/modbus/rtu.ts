import type { MeterModel } from '../../meters/meter-model';
import { isOnlyNoise } from './line-noise';
import { processLines } from './line-turns';
import { LineTransport } from './modbus-transport';
import { openRtuLine, type RtuLineSettings } from './rtu-line';
import { loadSystemBinding, type SerialBinding } from './serial-binding';
import type { ModbusDependencies, ModbusSettings, ModbusTransport } from './settings';

export interface ModbusRtuSettings extends ModbusSettings, RtuLineSettings {}

export interface ModbusRtuDependencies extends ModbusDependencies {
  /** Default: the binding of the operating system, from the optional package serialport. */
  readonly loadBinding?: () => SerialBinding;
}

/** More than the silence between two frames (3.5 characters) at every rate. */
const PAUSE_MS = 50;

/**
 * Modbus RTU for units with the serial option, functions 03 and 04 only. Several meters on one line take turns when each
 * gives the port back after its cycle (`releaseAfterIdleMs: 0`).
 *
 * A reply over a serial line says neither what it answers nor when it was asked for. So after a failure the port is
 * closed, and stays silent for as long as a reply may take: a late one finds nobody who could take it for another.
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
      ignores: isOnlyNoise,
      pauseMs: PAUSE_MS,
      pauseAfterFailureMs: Math.max(PAUSE_MS, settings.replyTimeoutMs),
      lines,
    },
    settings,
    dependencies,
  );
}
