import { crc16, withCrc } from '../../transport/modbus/crc';
import type { ModbusTarget } from './modbus-target';
import type { WireFaults } from '../faults/wire-faults';

/** Unit, function, address, count or value, CRC: the length of every request of functions 03 to 06 and 08. */
const REQUEST_BYTES = 8;
/** Bytes of a write of several registers without its values. */
const WRITE_BYTES = 9;
const WRITE_MULTIPLE = 16;
const MAXIMUM_FRAME_BYTES = 256;
const CRC_BYTES = 2;

const hasCrc = (frame: Uint8Array): boolean => crc16(frame) === 0;

/** The length of a request that begins here, as its own bytes say. */
function lengthOf(received: Uint8Array): number {
  return received[1] === WRITE_MULTIPLE ? WRITE_BYTES + (received[6] ?? 0) : REQUEST_BYTES;
}

/**
 * Serves one meter over Modbus RTU on an open line, for instance a pseudo-terminal. Frames are found by their CRC, not
 * by silence, which a pseudo-terminal does not have. What is for another unit, or is no frame, gets no answer.
 */
export class ModbusRtuServer {
  private received: Buffer = Buffer.alloc(0);

  /**
   * @param unitId 1 to 247
   */
  constructor(
    private readonly target: ModbusTarget,
    private readonly unitId: number,
    private readonly faults?: WireFaults,
  ) {}

  /** Answers what arrives on the line. */
  receive(chunk: Uint8Array, write: (reply: Buffer) => void): void {
    for (const reply of this.push(chunk)) {
      if (this.faults === undefined) write(reply);
      else this.faults.reply(reply, write);
    }
  }

  /** Takes bytes and gives the replies that are due. */
  push(chunk: Uint8Array): readonly Buffer[] {
    this.received = Buffer.concat([this.received, chunk]).subarray(-MAXIMUM_FRAME_BYTES);
    const replies: Buffer[] = [];
    while (this.received.length >= REQUEST_BYTES) {
      const frame = this.received.subarray(0, lengthOf(this.received));
      if (frame.length >= REQUEST_BYTES && hasCrc(frame)) {
        this.received = this.received.subarray(frame.length);
        if (frame[0] === this.unitId) replies.push(this.answer(frame));
      } else if (lengthOf(this.received) > this.received.length && this.received[0] === this.unitId) {
        break;
      } else {
        this.received = this.received.subarray(1);
      }
    }
    return replies;
  }

  private answer(frame: Buffer): Buffer {
    return withCrc(Buffer.concat([frame.subarray(0, 1), this.target.handle(frame.subarray(1, -CRC_BYTES))]));
  }
}
