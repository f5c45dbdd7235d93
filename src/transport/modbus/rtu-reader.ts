import { crc16, withCrc } from './crc';
import type { RegisterReader, RegisterReply } from './line';
import { isOnlyNoise, noiseBefore } from './line-noise';

/** Unit, function, address, count, CRC. */
const REQUEST_BYTES = 8;
/** Unit, function, byte count and CRC around the registers. */
const ENVELOPE_BYTES = 5;
const EXCEPTION_BYTES = 5;
const REFUSED = 0x80;
/** More than this is no reply, whatever it is. */
const MOST_BYTES = 1024;

/** The line sends back what was sent: local echo of a two-wire adapter. */
export class EchoedRequest extends Error {}

interface Pending {
  readonly request: Buffer;
  readonly words: number;
  /** True until the echo of the request has been taken off. */
  expectsEcho: boolean;
  readonly resolve: (reply: RegisterReply) => void;
  readonly reject: (error: Error) => void;
}

const hasCrc = (frame: Uint8Array): boolean => crc16(frame) === 0;

/**
 * Reads registers by Modbus RTU frames over whatever carries bytes: a serial port, or the TCP connection of a transparent
 * serial server. A frame has no length and no number, so a reply is taken only when it is exactly what was asked for: unit,
 * function, count, CRC, and nothing before or after it that could be of a frame. A whole frame of another unit, which
 * answers late, is passed over, and so are the few bytes that an adapter makes of a change of direction.
 */
export class RtuReader implements RegisterReader {
  private pending: Pending | undefined;
  private received: Buffer = Buffer.alloc(0);

  /**
   * @param unitId 1 to 247
   * @param dropsEcho takes the echo of each request off, where there is one
   * @param send hands one frame to the line
   */
  constructor(
    private readonly unitId: number,
    private readonly dropsEcho: boolean,
    private readonly send: (frame: Buffer) => void,
  ) {}

  readHoldingRegisters(address: number, words: number): Promise<RegisterReply> {
    return this.ask(3, address, words);
  }

  readInputRegisters(address: number, words: number): Promise<RegisterReply> {
    return this.ask(4, address, words);
  }

  /** Takes what has arrived on the line; what nothing was asked for is left to whoever watches the line. */
  push(chunk: Uint8Array): void {
    if (this.pending === undefined) return;
    this.received = Buffer.concat([this.received, chunk]);
    let goesOn = true;
    while (goesOn) goesOn = this.step(this.pending);
  }

  private ask(functionCode: number, address: number, words: number): Promise<RegisterReply> {
    const pdu = [functionCode, address >>> 8, address & 0xff, words >>> 8, words & 0xff];
    const request = withCrc(Uint8Array.of(this.unitId, ...pdu));
    return new Promise((resolve, reject) => {
      this.received = Buffer.alloc(0);
      this.pending = { request, words, expectsEcho: this.dropsEcho, resolve, reject };
      this.send(request);
    });
  }

  /** @returns true when something was taken off that may have a reply behind it */
  private step(pending: Pending): boolean {
    this.received = this.received.subarray(noiseBefore(this.received));
    const { received } = this;
    if (this.takeReply(pending)) return false;
    if (received.length >= REQUEST_BYTES && received.subarray(0, REQUEST_BYTES).equals(pending.request)) {
      if (!pending.expectsEcho) {
        this.end().reject(new EchoedRequest());
        return false;
      }
      pending.expectsEcho = false;
      this.received = received.subarray(REQUEST_BYTES);
      return true;
    }
    const foreign = this.foreignBytes();
    if (foreign > 0) {
      this.received = received.subarray(foreign);
      return true;
    }
    const reason = this.reasonToRefuse(pending);
    if (reason !== undefined) this.end().reject(new Error(reason));
    return false;
  }

  /** Takes the reply when it is whole and right; true when it was. */
  private takeReply({ request, words }: Pending): boolean {
    const { received } = this;
    const length = this.replyBytes(received, request, words);
    if (length === undefined || received.length < length) return false;
    const reply = received.subarray(0, length);
    if (!hasCrc(reply) || !isOnlyNoise(received.subarray(length))) return false;
    const { resolve, reject } = this.end();
    const code = reply[2];
    if (length === EXCEPTION_BYTES) reject(Object.assign(new Error('exception'), { modbusCode: code }));
    else resolve({ buffer: Buffer.from(reply.subarray(3, -2)) });
    return true;
  }

  /** The length of the reply that begins here; undefined when none does. */
  private replyBytes(bytes: Uint8Array, request: Uint8Array, words: number): number | undefined {
    const functionCode = request[1] ?? 0;
    if (bytes[0] !== this.unitId) return undefined;
    if (bytes[1] === (functionCode | REFUSED)) return EXCEPTION_BYTES;
    return bytes[1] === functionCode && bytes[2] === 2 * words ? ENVELOPE_BYTES + 2 * words : undefined;
  }

  /** The length of a whole reply of another unit at the beginning, which comes late; 0 when there is none. */
  private foreignBytes(): number {
    const { received } = this;
    const [unit, functionCode = 0, count = 0] = received;
    if (received.length < EXCEPTION_BYTES || unit === this.unitId) return 0;
    const length = (functionCode & REFUSED) !== 0 ? EXCEPTION_BYTES : ENVELOPE_BYTES + count;
    return received.length >= length && hasCrc(received.subarray(0, length)) ? length : 0;
  }

  /** Why what has arrived can be no reply any more; undefined while one may still come of it. */
  private reasonToRefuse({ request, words }: Pending): string | undefined {
    const { received } = this;
    if (received.length > MOST_BYTES) return `more than ${MOST_BYTES} bytes`;
    const expected = ENVELOPE_BYTES + 2 * words;
    const isOwn = received[0] === this.unitId;
    if (isOwn && received[1] === ((request[1] ?? 0) | REFUSED)) {
      return received.length < EXCEPTION_BYTES ? undefined : `${received.length} bytes, or a wrong CRC`;
    }
    if (received.length < expected) return undefined;
    if (isOwn && received[1] === request[1]) {
      if (received[2] !== 2 * words) return `the count of bytes is ${received[2]} instead of ${2 * words}`;
      return received.length === expected ? 'wrong CRC' : `${received.length} bytes instead of ${expected}`;
    }
    const end = received.subarray(-expected);
    const noise = received.length - expected;
    return this.replyBytes(end, request, words) === expected && hasCrc(end)
      ? `${noise} bytes before the reply`
      : undefined;
  }

  private end(): Pending {
    const { pending } = this;
    if (pending === undefined) throw new Error('nothing was asked for');
    this.pending = undefined;
    this.received = Buffer.alloc(0);
    return pending;
  }
}
