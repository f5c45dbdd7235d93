import { createRequire } from 'node:module';
import { Pm500Error } from '../../support/errors';
import { isRecord } from '../../support/expect';
import { isRtuRead, notARead } from './read-guard';

/** An open serial port as the package serialport wants it of a binding; only what is watched here is named. */
export interface SerialBindingPort {
  readonly isOpen: boolean;
  readonly openOptions: unknown;
  close(): Promise<void>;
  read(
    buffer: Buffer,
    offset: number,
    length: number,
  ): Promise<{ readonly buffer: Buffer; readonly bytesRead: number }>;
  write(buffer: Buffer): Promise<void>;
  update(options: unknown): Promise<void>;
  set(options: unknown): Promise<void>;
  get(): Promise<unknown>;
  getBaudRate(): Promise<unknown>;
  flush(): Promise<void>;
  drain(): Promise<void>;
}

/** What opens serial ports: that of the operating system, or one in memory. */
export interface SerialBinding {
  list(): Promise<unknown>;
  open(options: unknown): Promise<SerialBindingPort>;
}

function isBinding(value: unknown): value is SerialBinding {
  return isRecord(value) && typeof value['open'] === 'function' && typeof value['list'] === 'function';
}

/** The clear message instead of a missing module. */
export function serialUnavailable(cause: unknown): Pm500Error {
  return new Pm500Error(
    'MODBUS_SERIAL_UNAVAILABLE',
    'Serial ports need the optional package serialport, which is not installed or does not work on this machine; install it beside this package with npm install serialport.',
    { cause },
  );
}

/**
 * The binding of the operating system, loaded when first needed, from where the Modbus library takes it too.
 * @throws Pm500Error MODBUS_SERIAL_UNAVAILABLE
 */
export function loadSystemBinding(): SerialBinding {
  try {
    const loaded: unknown = createRequire(require.resolve('modbus-serial'))('serialport');
    const port: unknown = isRecord(loaded) ? loaded['SerialPort'] : undefined;
    const binding: unknown = typeof port === 'function' && 'binding' in port ? port.binding : undefined;
    if (isBinding(binding)) return binding;
  } catch (thrown) {
    throw serialUnavailable(thrown);
  }
  throw serialUnavailable(undefined);
}

/** A port that tells what arrives and lets nothing out but reads. */
class GuardedPort implements SerialBindingPort {
  constructor(
    private readonly port: SerialBindingPort,
    private readonly where: string,
    private readonly onBytes: (bytes: Uint8Array) => void,
  ) {}

  get isOpen(): boolean {
    return this.port.isOpen;
  }

  get openOptions(): unknown {
    return this.port.openOptions;
  }

  async read(buffer: Buffer, offset: number, length: number): Promise<{ buffer: Buffer; bytesRead: number }> {
    const result = await this.port.read(buffer, offset, length);
    this.onBytes(buffer.subarray(offset, offset + result.bytesRead));
    return result;
  }

  write(buffer: Buffer): Promise<void> {
    return isRtuRead(buffer) ? this.port.write(buffer) : Promise.reject(notARead(this.where));
  }

  close(): Promise<void> {
    return this.port.close();
  }

  update(options: unknown): Promise<void> {
    return this.port.update(options);
  }

  set(options: unknown): Promise<void> {
    return this.port.set(options);
  }

  get(): Promise<unknown> {
    return this.port.get();
  }

  getBaudRate(): Promise<unknown> {
    return this.port.getBaudRate();
  }

  flush(): Promise<void> {
    return this.port.flush();
  }

  drain(): Promise<void> {
    return this.port.drain();
  }
}

/**
 * A binding whose ports begin empty (what waited in the system belongs to nobody), tell what arrives, and
 * refuse to send anything but a request of function 03 or 04.
 */
export function guardBinding(
  binding: SerialBinding,
  where: string,
  onBytes: (bytes: Uint8Array) => void,
): SerialBinding {
  return {
    list: () => binding.list(),
    open: async (options) => {
      const port = await binding.open(options);
      await port.flush();
      return new GuardedPort(port, where, onBytes);
    },
  };
}
