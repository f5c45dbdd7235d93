import type { Clock } from '../../support/clock';
import { Pm500Error } from '../../support/errors';
import { serialConnectFailed, serialConnectionLost, serialOpenTimedOut } from './failures';
import type { LineEvents, ModbusLine } from './line';
import { RtuReader } from './rtu-reader';
import { guardBinding, type SerialBinding, type SerialBindingPort } from './serial-binding';

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
  /** The adapter sends back what is sent (two wires with local echo): that is taken off. */
  readonly dropEcho?: boolean;
}

/** A driver that never ends closing must not keep a deployment waiting. */
const CLOSE_WAIT_MS = 1000;
const CHUNK_BYTES = 512;

/** Closes a port; resolves when it is closed, was not open, or has taken too long. */
function closePort(port: SerialBindingPort, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.after(CLOSE_WAIT_MS, resolve);
    const done = (): void => {
      timer.cancel();
      resolve();
    };
    port.close().then(done, done);
  });
}

/** Resolves with the port; rejects after the time, on `signal`, or with why it did not open. */
function openPort(
  opening: Promise<SerialBindingPort>,
  { path, connectTimeoutMs }: RtuLineSettings,
  clock: Clock,
  signal: AbortSignal,
): Promise<SerialBindingPort> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    const finish = (act: () => void): void => {
      if (isOver) return;
      isOver = true;
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
    opening.then(
      (port) => {
        // One that opens after all would hold the port forever.
        if (isOver) void closePort(port, clock);
        finish(() => {
          resolve(port);
        });
      },
      (thrown: unknown) => {
        finish(() => {
          reject(serialConnectFailed(path, thrown));
        });
      },
    );
  });
}

/** Opens a serial port and reads by RTU frames over it: 8 data bits, 1 stop bit. */
export async function openRtuLine(
  settings: RtuLineSettings,
  clock: Clock,
  loadBinding: () => SerialBinding,
  events: LineEvents,
  signal: AbortSignal,
): Promise<ModbusLine> {
  const { path, baudRate, parity, unitId, dropEcho = false } = settings;
  const binding = guardBinding(loadBinding(), path, events.onBytes);
  const opening = binding.open({ path, baudRate, parity, dataBits: 8, stopBits: 1 });
  const port = await openPort(opening, settings, clock, signal);
  let isOver = false;
  const lose = (thrown: unknown): void => {
    if (isOver) return;
    isOver = true;
    events.onLost(thrown instanceof Pm500Error ? thrown : serialConnectionLost(path, thrown));
  };
  const reader = new RtuReader(unitId, dropEcho, (frame) => {
    port.write(frame).catch(lose);
  });
  const receive = async (): Promise<void> => {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    while (!isOver) {
      const { bytesRead } = await port.read(chunk, 0, CHUNK_BYTES);
      reader.push(Buffer.from(chunk.subarray(0, bytesRead)));
    }
  };
  receive().catch(lose);
  let closing: Promise<void> | undefined;
  return {
    reader,
    destroy: () => {
      isOver = true;
      return (closing ??= closePort(port, clock));
    },
  };
}
