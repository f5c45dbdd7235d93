import type ModbusRTU from 'modbus-serial';

/** The library's client. It is loaded when first needed: it brings native code for serial ports along. */
export async function loadClient(): Promise<typeof ModbusRTU> {
  const loaded = await import('modbus-serial');
  return loaded.default.default;
}
