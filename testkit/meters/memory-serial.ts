import { EventEmitter } from 'node:events';
import type { SerialBinding, SerialBindingPort } from '../../src/transport/modbus/serial-binding';

/** What the other end of the line does with bytes that were sent. */
export type SerialAnswer = (request: Buffer) => readonly Uint8Array[];

/** A serial line in memory: a binding for the package serialport, with a meter at its other end. */
export class MemorySerial implements SerialBinding {
  answer: SerialAnswer = () => [];
  readonly written: Buffer[] = [];
  opens = 0;
  /** Ports open now, and the most at one time. */
  openPorts = 0;
  mostOpen = 0;
  /** While set, ports cannot be opened. */
  openError: Error | undefined;
  /** While true, opening a port never ends. */
  stallsOpening = false;
  private readonly events = new EventEmitter();
  /** Received by the system and not yet read. */
  private arrived = Buffer.alloc(0);
  private unplugged = false;

  list(): Promise<unknown> {
    return Promise.resolve([]);
  }

  open(options: unknown): Promise<SerialBindingPort> {
    if (this.openError !== undefined) return Promise.reject(this.openError);
    this.opens++;
    this.unplugged = false;
    this.events.emit('opening');
    if (this.stallsOpening) return new Promise(() => undefined);
    this.openPorts++;
    this.mostOpen = Math.max(this.mostOpen, this.openPorts);
    return Promise.resolve(this.createPort(options));
  }

  /** Bytes arrive, asked for or not. */
  arrive(bytes: Uint8Array): void {
    this.arrived = Buffer.concat([this.arrived, bytes]);
    this.events.emit('bytes');
  }

  /** The adapter is pulled out. */
  unplug(): void {
    this.unplugged = true;
    this.events.emit('gone');
  }

  /** Resolves with the next request. */
  next(event: 'request' | 'opening' = 'request'): Promise<void> {
    return new Promise((resolve) => this.events.once(event, resolve));
  }

  private createPort(openOptions: unknown): SerialBindingPort {
    let isOpen = true;
    const done = (): Promise<void> => Promise.resolve();
    const take = (buffer: Buffer, offset: number, length: number): number => {
      const bytes = this.arrived.subarray(0, length);
      this.arrived = this.arrived.subarray(bytes.length);
      return bytes.copy(buffer, offset);
    };
    return {
      get isOpen() {
        return isOpen;
      },
      openOptions,
      close: () => {
        isOpen = false;
        this.openPorts--;
        this.events.emit('closed');
        return done();
      },
      read: (buffer, offset, length) =>
        new Promise((resolve, reject) => {
          const finish = (act: () => void): void => {
            this.events.off('bytes', give).off('closed', cancel).off('gone', fail);
            act();
          };
          const give = (): void => {
            if (this.arrived.length === 0) return;
            finish(() => {
              resolve({ buffer, bytesRead: take(buffer, offset, length) });
            });
          };
          const cancel = (): void => {
            finish(() => {
              reject(Object.assign(new Error('Canceled'), { canceled: true }));
            });
          };
          const fail = (): void => {
            finish(() => {
              reject(new Error('the device is gone'));
            });
          };
          this.events.on('bytes', give).on('closed', cancel).on('gone', fail);
          if (this.unplugged) fail();
          else give();
        }),
      write: (request) => {
        this.written.push(Buffer.from(request));
        this.events.emit('request');
        for (const reply of this.answer(request)) this.arrive(reply);
        return done();
      },
      flush: () => {
        this.arrived = Buffer.alloc(0);
        return done();
      },
      update: done,
      set: done,
      get: done,
      getBaudRate: done,
      drain: done,
    };
  }
}
