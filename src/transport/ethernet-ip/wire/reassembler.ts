import { Pm500Error } from '../../../support/errors';
import { HEADER_BYTES, HEADER_OFFSET, isCommand } from './encapsulation';

/** Enough for every reply of a meter (the longest known is under 200 bytes), small enough to notice garbage at once. */
const DEFAULT_MAXIMUM_FRAME_BYTES = 4096;

export interface ReassemblerOptions {
  /** Called for each whole frame, in order. The bytes may share memory with the chunk: copy what must outlive the call. */
  readonly onFrame: (frame: Buffer) => void;
  /** Longest frame that is accepted, header included. */
  readonly maximumFrameBytes?: number;
  /** Commands that may stand in the stream; by default those that the specification defines. */
  readonly acceptsCommand?: (command: number) => boolean;
}

/**
 * Cuts frames out of a byte stream by the length in their header, however the network split or merged them. A frame that
 * arrives in one piece is not copied; of a split one each byte is copied once.
 */
export class FrameReassembler {
  private readonly header = Buffer.alloc(HEADER_BYTES);
  /** Where the frame under way is collected: `header` until its length is known. */
  private partial: Buffer = this.header;
  private filled = 0;
  private broken: Pm500Error | undefined;
  private stopped = false;
  private readonly onFrame: (frame: Buffer) => void;
  private readonly maximumFrameBytes: number;
  private readonly acceptsCommand: (command: number) => boolean;

  constructor(options: ReassemblerOptions) {
    this.onFrame = options.onFrame;
    this.maximumFrameBytes = options.maximumFrameBytes ?? DEFAULT_MAXIMUM_FRAME_BYTES;
    this.acceptsCommand = options.acceptsCommand ?? isCommand;
  }

  /** Bytes of an unfinished frame that wait for the rest. */
  get pendingBytes(): number {
    return this.filled;
  }

  /**
   * Takes the next bytes of the stream.
   * @returns the error ENIP_FRAME_INVALID once the stream cannot be cut into frames any more: the connection must be dropped
   */
  push(chunk: Buffer): Pm500Error | undefined {
    let offset = 0;
    while (offset < chunk.length && this.broken === undefined && !this.stopped) {
      offset = this.filled === 0 ? this.takeWhole(chunk, offset) : this.takePart(chunk, offset);
    }
    return this.broken;
  }

  /** No frame is delivered after this, not even one that stands in the chunk being cut. */
  stop(): void {
    this.stopped = true;
    this.partial = this.header;
    this.filled = 0;
  }

  private takeWhole(chunk: Buffer, offset: number): number {
    const available = chunk.length - offset;
    if (available < HEADER_BYTES) return this.keep(chunk, offset, available);
    const frameBytes = this.measure(chunk, offset);
    if (frameBytes === 0) return chunk.length;
    if (available >= frameBytes) {
      const end = offset + frameBytes;
      this.onFrame(offset === 0 && end === chunk.length ? chunk : chunk.subarray(offset, end));
      return end;
    }
    this.partial = Buffer.allocUnsafe(frameBytes);
    return this.keep(chunk, offset, available);
  }

  private takePart(chunk: Buffer, offset: number): number {
    const next = this.keep(chunk, offset, this.partial.length - this.filled);
    if (this.filled < this.partial.length) return next;
    if (this.partial === this.header) {
      const frameBytes = this.measure(this.header, 0);
      if (frameBytes === 0) return chunk.length;
      this.partial = Buffer.allocUnsafe(frameBytes);
      this.header.copy(this.partial);
      if (this.filled < frameBytes) return next;
    }
    const frame = this.partial;
    this.partial = this.header;
    this.filled = 0;
    this.onFrame(frame);
    return next;
  }

  private keep(chunk: Buffer, offset: number, count: number): number {
    const end = Math.min(chunk.length, offset + count);
    chunk.copy(this.partial, this.filled, offset, end);
    this.filled += end - offset;
    return end;
  }

  /** Length of the frame whose header stands at `offset`; 0 when it cannot be a header. */
  private measure(bytes: Buffer, offset: number): number {
    const command = bytes.readUInt16LE(offset + HEADER_OFFSET.command);
    const frameBytes = HEADER_BYTES + bytes.readUInt16LE(offset + HEADER_OFFSET.length);
    if (!this.acceptsCommand(command)) {
      return this.fail(
        `0x${command.toString(16).padStart(4, '0')} stands where a command belongs; this is no EtherNet/IP stream`,
        { command },
      );
    }
    if (frameBytes > this.maximumFrameBytes) {
      return this.fail(
        `a frame of ${frameBytes} bytes is announced, more than the ${this.maximumFrameBytes} accepted`,
        {
          frameBytes,
        },
      );
    }
    return frameBytes;
  }

  private fail(reason: string, details: Readonly<Record<string, unknown>>): 0 {
    this.broken = new Pm500Error(
      'ENIP_FRAME_INVALID',
      `The byte stream cannot be read: ${reason}; check that the address and port are those of the meter.`,
      { details, retryable: true },
    );
    this.filled = 0;
    return 0;
  }
}
