import type { Pm500Error } from '../../support/errors';
import type { LineTurns } from './line-turns';

/** What reads registers over a line: two functions, and nothing that writes. All of the Modbus library's client that is used. */
export interface RegisterReader {
  /** Function 03. */
  readHoldingRegisters(address: number, words: number): Promise<RegisterReply>;
  /** Function 04. */
  readInputRegisters(address: number, words: number): Promise<RegisterReply>;
}

export interface RegisterReply {
  /** The registers as they traveled; its length is what the meter said, not what was asked. */
  readonly buffer: Buffer;
}

/** Functions that this software may send (1420-UM001E p.44: both give the same values). */
export type ReadFunction = 3 | 4;

/** Bytes of a whole reply. */
export interface ReplyLengths {
  /** Around its registers. */
  readonly envelopeBytes: number;
  readonly exceptionBytes: number;
}

/** One connection to a meter: a TCP socket or an open serial port, and what reads registers over it. */
export interface ModbusLine {
  readonly reader: RegisterReader;
  /** How many bytes a reply has, for a reader that does not check it by itself. */
  readonly lengths?: ReplyLengths;
  /** Closes at once; resolves when nothing of it is open any more. May be called twice, never rejects. */
  destroy(): Promise<void>;
}

export interface LineEvents {
  /** Bytes have arrived, before the library hears of them. */
  readonly onBytes: (bytes: Uint8Array) => void;
  /** It is gone and was not destroyed; called once at most. */
  readonly onLost: (error: Pm500Error) => void;
}

/**
 * Connects, or cleans up and rejects with a coded error; with the reason of `signal` when that aborts. When it has
 * rejected, nothing is left open.
 */
export type OpenLine = (events: LineEvents, signal: AbortSignal) => Promise<ModbusLine>;

/** What differs between TCP and a serial line. */
export interface LineKind {
  /** The line and the unit on it, for sentences. */
  readonly where: string;
  /** The same for all transports that mean the same socket or port. */
  readonly key: string;
  /** The unit identifier. */
  readonly unit: number;
  readonly openLine: OpenLine;
  /** What may arrive at any time and means nothing; default: nothing may. */
  readonly ignores?: (bytes: Uint8Array) => boolean;
  /** Silence before the line is opened again. */
  readonly pauseMs: number;
  /** The same after a failure: a late reply must have come and gone. */
  readonly pauseAfterFailureMs: number;
  readonly lines: LineTurns;
}
