import type { Pm500Error } from '../../src/support/errors';
import type { Clock } from '../../src/support/clock';
import { tcpConnectionLost } from '../../src/transport/modbus/failures';
import type { LineEvents, ModbusLine, RegisterReply } from '../../src/transport/modbus/line';
import { PEER_REGISTERS } from './modbus-peer';

/** What a unit does with a request. */
export type UnitBehavior =
  | { readonly does: 'answer' | 'refuse' | 'hang up'; readonly afterMs: number }
  /** The gateway answers in its place. */
  | { readonly does: 'absent'; readonly afterMs: number }
  | { readonly does: 'nothing' }
  | { readonly does: 'garbage' };

const ENVELOPE_BYTES = 9;
const EXCEPTION_BYTES = 9;

/** A line with several units in memory, as Modbus TCP would reach it: nothing waits but by the clock. */
export class MemoryGateway {
  readonly units = new Map<number, UnitBehavior>();
  /** Units in the order in which they were asked. */
  readonly asked: number[] = [];
  opens = 0;
  openLines = 0;
  mostOpen = 0;
  /** While set, connecting fails after this time. */
  down: { readonly error: Pm500Error; readonly afterMs: number } | undefined;

  constructor(private readonly clock: Clock) {}

  /** What opens lines to one unit. */
  opener(unit: number): (events: LineEvents) => Promise<ModbusLine> {
    return async (events) => {
      const { down } = this;
      if (down !== undefined) {
        await this.wait(down.afterMs);
        throw down.error;
      }
      await this.wait(5);
      this.opens++;
      this.openLines++;
      this.mostOpen = Math.max(this.mostOpen, this.openLines);
      let isOpen = true;
      const ask = (address: number, words: number): Promise<RegisterReply> => {
        this.asked.push(unit);
        return this.answer(unit, address, words, events, () => isOpen);
      };
      return {
        reader: { readHoldingRegisters: ask, readInputRegisters: ask },
        lengths: { envelopeBytes: ENVELOPE_BYTES, exceptionBytes: EXCEPTION_BYTES },
        destroy: () => {
          if (isOpen) this.openLines--;
          isOpen = false;
          return Promise.resolve();
        },
      };
    };
  }

  private wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.clock.after(ms, resolve);
    });
  }

  private async answer(
    unit: number,
    address: number,
    words: number,
    events: LineEvents,
    isOpen: () => boolean,
  ): Promise<RegisterReply> {
    const behavior = this.units.get(unit);
    if (behavior === undefined || behavior.does === 'nothing') return new Promise(() => undefined);
    if (behavior.does === 'garbage') {
      events.onBytes(new Uint8Array(3));
      throw new Error('CRC error');
    }
    await this.wait(behavior.afterMs);
    if (!isOpen()) return new Promise(() => undefined);
    if (behavior.does === 'hang up') {
      events.onLost(tcpConnectionLost('the gateway'));
      return new Promise(() => undefined);
    }
    if (behavior.does !== 'answer') {
      events.onBytes(new Uint8Array(EXCEPTION_BYTES));
      throw Object.assign(new Error('exception'), { modbusCode: behavior.does === 'absent' ? 11 : 2 });
    }
    events.onBytes(new Uint8Array(ENVELOPE_BYTES + 2 * words));
    const bytes = Buffer.alloc(2 * words, unit);
    const product = PEER_REGISTERS.get(address);
    if (product !== undefined) bytes.set(product.subarray(0, 2 * words));
    return { buffer: bytes };
  }
}
