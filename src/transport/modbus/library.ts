import type ModbusRTU from 'modbus-serial';
import { isRecord } from '../../support/expect';
import { serialUnavailable, type SerialBinding } from './serial-binding';

/** The library's client. It is loaded when first needed: it brings native code for serial ports along. */
export async function loadClient(): Promise<typeof ModbusRTU> {
  const loaded = await import('modbus-serial');
  return loaded.default.default;
}

/** How the package serialport opens a port. */
export interface PortOptions {
  readonly baudRate: number;
  readonly parity: 'none' | 'even' | 'odd';
  readonly dataBits: 8;
  readonly stopBits: 1;
  readonly binding: SerialBinding;
}

/** The library's buffered serial port: it collects bytes until a reply is whole. */
export interface BufferedPort {
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  close(callback: (error?: Error | null) => void): void;
}

type BufferedPortClass = new (path: string, options: PortOptions) => BufferedPort;

/**
 * The port that the library's `connectRTUBuffered` makes, made here instead, so that its events have listeners from the
 * first moment until after the last.
 * @throws Pm500Error MODBUS_SERIAL_UNAVAILABLE when serialport is missing: then the library leaves the class out
 */
export async function loadBufferedPort(): Promise<BufferedPortClass> {
  const loaded: unknown = (await import('modbus-serial')).default;
  const found: unknown =
    typeof loaded === 'function' && 'RTUBufferedPort' in loaded ? loaded.RTUBufferedPort : undefined;
  if (typeof found !== 'function') throw serialUnavailable(isRecord(loaded) ? loaded : undefined);
  return found as BufferedPortClass;
}
