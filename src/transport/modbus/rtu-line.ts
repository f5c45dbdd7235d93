import type { Clock } from '../../support/clock';
import { Pm500Error } from '../../support/errors';
import { serialConnectFailed, serialConnectionLost, serialOpenTimedOut } from './failures';
import { loadBufferedPort, loadClient, type BufferedPort } from './library';
import type { LineEvents, ModbusLine } from './line';
import { guardBinding, type SerialBinding } from './serial-binding';

/** Rates of the serial option (1420-UM001D p.66 Table 36). */
export const BAUD_RATES = [9_600, 19_200, 38_400, 115_200] as const;
export type BaudRate = (typeof BAUD_RATES)[number];
export const PARITIES = ['none', 'even', 'odd'] as const;
export type Parity = (typeof PARITIES)[number];

export interface RtuLineSettings {
  /** For instance /dev/ttyUSB0 or COM3. */
  readonly path: string;
  readonly baudRate: BaudRate;
  readonly parity: Parity;
  /** 1 to 247. */
  readonly unitId: number;
  readonly connectTimeoutMs: number;
}

/** Unit, function, byte count and CRC around the registers; the exception has its code instead of the count. */
const ENVELOPE_BYTES = 5;
const EXCEPTION_BYTES = 5;
/** A driver that never ends closing must not keep a deployment waiting. */
const CLOSE_WAIT_MS = 1000;

/** Closes a port; resolves when it is closed, was not open, or has taken too long. */
function closePort(port: BufferedPort, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.after(CLOSE_WAIT_MS, resolve);
    port.close(() => {
      timer.cancel();
      resolve();
    });
  });
}

/** Resolves once `open` has called back; rejects after the time, on `signal`, or with what `open` said. */
function waitForOpen(
  open: (callback: (error?: Error | null) => void) => void,
  settings: RtuLineSettings,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const { path, connectTimeoutMs } = settings;
    const finish = (act: () => void): void => {
      timer.cancel();
      signal.removeEventListener('abort', stop);
      act();
    };
    const stop = (): void => {
      finish(() => {
        reject(signal.reason as Pm500Error);
      });
    };
    const timer = clock.after(connectTimeoutMs, () => {
      finish(() => {
        reject(serialOpenTimedOut(path, connectTimeoutMs));
      });
    });
    signal.addEventListener('abort', stop, { once: true });
    open((error) => {
      finish(() => {
        if (error === undefined || error === null) resolve();
        else reject(serialConnectFailed(path, error));
      });
    });
  });
}

/** Opens a serial port and puts a client of the library on it: 8 data bits, 1 stop bit. */
export async function openRtuLine(
  settings: RtuLineSettings,
  clock: Clock,
  loadBinding: () => SerialBinding,
  events: LineEvents,
  signal: AbortSignal,
): Promise<ModbusLine> {
  const { path, baudRate, parity, unitId } = settings;
  const system = loadBinding();
  const [Client, Port] = await Promise.all([loadClient(), loadBufferedPort()]);
  signal.throwIfAborted();
  const binding = guardBinding(system, path, events.onBytes);
  const port = new Port(path, { baudRate, parity, dataBits: 8, stopBits: 1, binding });
  let over = false;
  let failure: Error | undefined;
  const lose = (): void => {
    if (over) return;
    over = true;
    events.onLost(failure instanceof Pm500Error ? failure : serialConnectionLost(path, failure));
  };
  port.on('error', (error) => {
    failure = error;
    lose();
  });
  port.on('close', lose);
  const client = new Client(port);
  client.on('error', () => undefined);
  client.setID(unitId);
  let closing: Promise<void> | undefined;
  const destroy = (): Promise<void> => {
    over = true;
    return (closing ??= closePort(port, clock));
  };
  let late = false;
  try {
    await waitForOpen(
      (callback) => {
        client.open((error?: Error | null) => {
          // One that opens after all would hold the port for ever.
          if (late && !(error instanceof Error)) void closePort(port, clock);
          callback(error);
        });
      },
      settings,
      clock,
      signal,
    );
  } catch (thrown) {
    late = true;
    await destroy();
    throw thrown;
  }
  return { reader: client, envelopeBytes: ENVELOPE_BYTES, exceptionBytes: EXCEPTION_BYTES, destroy };
}
