import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { ModbusTarget } from '../../src/simulator/modbus/modbus-target';
import { takeMbapFrame } from '../../src/simulator/modbus/modbus-server';
import { modbusFrame } from './modbus-peer';
import { TcpPeer } from '../links/tcp-peer';

/** Gateway target device failed to respond (Modbus Application Protocol 1.1b3, 7). */
const NO_ANSWER = 11;

export interface SerialGatewayOptions {
  /** How long the line is busy with a unit that answers, ms. */
  readonly serviceMs: number;
  /** How long the gateway waits for one that does not: the line is of no use for others meanwhile. */
  readonly waitMs: number;
  /** True: it then answers in place of the unit. */
  readonly saysSo: boolean;
}

/**
 * A Modbus TCP gateway with simulated meters on its serial line, which takes one request after the other: whoever
 * connects while it waits for a unit that does not answer waits too.
 */
export class SerialGateway extends TcpPeer {
  /** Meters by unit; any other does not answer. */
  readonly units = new Map<number, ModbusTarget>();
  /** Units in the order in which they were asked. */
  readonly asked: number[] = [];
  private line: Promise<void> = Promise.resolve();

  constructor(private readonly options: SerialGatewayOptions) {
    super();
  }

  protected override serve(socket: Socket): void {
    let received: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      for (;;) {
        const next = takeMbapFrame(received);
        if (next.kind === 'invalid') socket.destroy();
        if (next.kind !== 'frame') return;
        received = next.rest;
        const { header, pdu } = next;
        this.line = this.line.then(() => this.ask(socket, header, pdu));
      }
    });
  }

  private async ask(socket: Socket, header: Buffer, pdu: Buffer): Promise<void> {
    const { serviceMs, waitMs, saysSo } = this.options;
    const unit = header.readUInt8(6);
    this.asked.push(unit);
    const target = this.units.get(unit);
    await pause(target === undefined ? waitMs : serviceMs);
    if (!socket.writable || (target === undefined && !saysSo)) return;
    const reply = target?.handle(pdu) ?? Uint8Array.of(pdu.readUInt8(0) | 0x80, NO_ANSWER);
    socket.write(modbusFrame(header.readUInt16BE(0), unit, reply));
  }
}
