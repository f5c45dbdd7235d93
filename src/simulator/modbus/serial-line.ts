import { Pm500Error, toPm500Error } from '../../support/errors';
import type { Logger } from '../../support/logger';
import type { BaudRate, Parity } from '../../transport/modbus/rtu-line';
import { loadSystemBinding, type SerialBinding, type SerialBindingPort } from '../../transport/modbus/serial-binding';
import type { ModbusRtuServer } from './modbus-rtu-server';

export interface SerialLineSettings {
  /** For instance /dev/ttyUSB0, or one end of a pair of pseudo-terminals. */
  readonly path: string;
  readonly baudRate: BaudRate;
  readonly parity: Parity;
}

const CHUNK_BYTES = 512;

/** A serial line with simulated meters on it, each a unit of its own. */
export class SimulatedSerialLine {
  private closing = false;
  private done: Promise<void> = Promise.resolve();

  private constructor(
    private readonly port: SerialBindingPort,
    private readonly servers: readonly Pick<ModbusRtuServer, 'receive'>[],
    private readonly where: string,
    private readonly logger: Logger,
  ) {}

  /**
   * Opens the line and serves on it.
   * @param binding default: serial ports of the operating system
   * @throws Pm500Error MODBUS_SERIAL_UNAVAILABLE, SIMULATOR_BIND_FAILED
   */
  static async open(
    settings: SerialLineSettings,
    servers: readonly Pick<ModbusRtuServer, 'receive'>[],
    logger: Logger,
    binding: SerialBinding = loadSystemBinding(),
  ): Promise<SimulatedSerialLine> {
    const { path, baudRate, parity } = settings;
    let port: SerialBindingPort;
    try {
      port = await binding.open({ path, baudRate, parity, dataBits: 8, stopBits: 1 });
    } catch (thrown) {
      throw new Pm500Error(
        'SIMULATOR_BIND_FAILED',
        `Serial port ${path} cannot be opened: ${toPm500Error(thrown).message}; check the path, and that no other program has it.`,
        { cause: thrown },
      );
    }
    const line = new SimulatedSerialLine(port, servers, path, logger);
    line.done = line.serve();
    return line;
  }

  /** Closes the line; may be called twice, never throws. */
  async close(): Promise<void> {
    if (!this.closing) {
      this.closing = true;
      await this.port.close().catch(() => undefined);
    }
    await this.done;
  }

  private async serve(): Promise<void> {
    const write = (reply: Buffer): void => {
      if (!this.closing) this.port.write(reply).catch(this.note);
    };
    const chunk = Buffer.alloc(CHUNK_BYTES);
    try {
      while (!this.closing) {
        const { bytesRead } = await this.port.read(chunk, 0, CHUNK_BYTES);
        for (const server of this.servers) server.receive(chunk.subarray(0, bytesRead), write);
      }
    } catch (thrown) {
      this.note(thrown);
    }
  }

  /** A line that ends is no fault of the meters; who closes it expects the read that waits to fail. */
  private readonly note = (thrown: unknown): void => {
    if (!this.closing) this.logger.warn(`Serial port ${this.where} failed: ${toPm500Error(thrown).message}`);
  };
}
