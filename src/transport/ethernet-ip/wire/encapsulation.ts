import { Pm500Error } from '../../../support/errors';

/** Length of the encapsulation header (CIP Vol 2, 2-3.1); every number in it is little-endian. */
export const HEADER_BYTES = 24;
/** Longest data after a header that the specification allows (CIP Vol 2, 2-3.1). */
export const MAXIMUM_DATA_BYTES = 65_511;
/** Version that Register Session and List Identity name (CIP Vol 2, 2-4.4). */
export const PROTOCOL_VERSION = 1;
/** Length of the opaque sender context that a target echoes. */
export const CONTEXT_BYTES = 8;

/** Where the header's fields stand, for code that reads or patches a frame in place. */
export const HEADER_OFFSET = { command: 0, length: 2, session: 4, status: 8, context: 12, options: 20 } as const;

/** Encapsulation commands (CIP Vol 2, table 2-3.2). */
export const COMMAND = {
  nop: 0x0000,
  listServices: 0x0004,
  listIdentity: 0x0063,
  listInterfaces: 0x0064,
  registerSession: 0x0065,
  unRegisterSession: 0x0066,
  sendRrData: 0x006f,
  sendUnitData: 0x0070,
} as const;
export type EncapsulationCommand = (typeof COMMAND)[keyof typeof COMMAND];

const COMMANDS: ReadonlySet<number> = new Set(Object.values(COMMAND));

export function isCommand(code: number): code is EncapsulationCommand {
  return COMMANDS.has(code);
}

/** The header of a frame. `context` shares memory with the frame it was read from. */
export interface EncapsulationHeader {
  readonly command: number;
  /** Bytes after the header. */
  readonly length: number;
  /** Session handle; 0 where there is no session. */
  readonly session: number;
  /** Encapsulation status, see status.ts; 0 in requests. */
  readonly status: number;
  /** 8 bytes. */
  readonly context: Buffer;
  readonly options: number;
}

export interface EncapsulationFrame extends EncapsulationHeader {
  /** Exactly `length` bytes; shares memory with the frame it was read from. */
  readonly data: Buffer;
}

/** What a frame is made of; what is absent is zero. */
export interface FrameParts {
  readonly command: number;
  readonly session?: number;
  readonly status?: number;
  /** At most 8 bytes; shorter ones are filled with zeros. */
  readonly context?: Uint8Array;
  readonly data?: Uint8Array;
}

/** @throws Pm500Error ENIP_FRAME_INVALID when `bytes` are shorter than a header */
export function decodeHeader(bytes: Buffer): EncapsulationHeader {
  if (bytes.length < HEADER_BYTES) {
    throw new Pm500Error(
      'ENIP_FRAME_INVALID',
      `An encapsulation header has ${HEADER_BYTES} bytes, but only ${bytes.length} arrived.`,
    );
  }
  return {
    command: bytes.readUInt16LE(HEADER_OFFSET.command),
    length: bytes.readUInt16LE(HEADER_OFFSET.length),
    session: bytes.readUInt32LE(HEADER_OFFSET.session),
    status: bytes.readUInt32LE(HEADER_OFFSET.status),
    context: bytes.subarray(HEADER_OFFSET.context, HEADER_OFFSET.context + CONTEXT_BYTES),
    options: bytes.readUInt32LE(HEADER_OFFSET.options),
  };
}

/**
 * Reads one whole frame, for instance a datagram.
 * @throws Pm500Error ENIP_FRAME_INVALID when the bytes are not exactly one frame
 */
export function decodeFrame(bytes: Buffer): EncapsulationFrame {
  const header = decodeHeader(bytes);
  if (bytes.length !== HEADER_BYTES + header.length) {
    throw new Pm500Error(
      'ENIP_FRAME_INVALID',
      `An encapsulation header announces ${header.length} bytes of data, but ${bytes.length - HEADER_BYTES} follow.`,
    );
  }
  return { ...header, data: bytes.subarray(HEADER_BYTES) };
}

/**
 * Writes a whole frame in memory of its own. The client never calls this itself: what it may send is built in requests.ts.
 * @throws Pm500Error ENIP_FRAME_INVALID when the data or the context is too long
 */
export function encodeFrame(parts: FrameParts): Buffer {
  const dataBytes = parts.data?.length ?? 0;
  if (dataBytes > MAXIMUM_DATA_BYTES || (parts.context?.length ?? 0) > CONTEXT_BYTES) {
    throw new Pm500Error(
      'ENIP_FRAME_INVALID',
      `A frame holds at most ${MAXIMUM_DATA_BYTES} bytes of data and ${CONTEXT_BYTES} of context; send less than ${dataBytes} bytes.`,
    );
  }
  const frame = Buffer.alloc(HEADER_BYTES + dataBytes);
  frame.writeUInt16LE(parts.command, HEADER_OFFSET.command);
  frame.writeUInt16LE(dataBytes, HEADER_OFFSET.length);
  frame.writeUInt32LE(parts.session ?? 0, HEADER_OFFSET.session);
  frame.writeUInt32LE(parts.status ?? 0, HEADER_OFFSET.status);
  if (parts.context !== undefined) frame.set(parts.context, HEADER_OFFSET.context);
  if (parts.data !== undefined) frame.set(parts.data, HEADER_BYTES);
  return frame;
}

/** Data of Register Session, request and reply alike: protocol version, then option flags, which are 0 (CIP Vol 2, 2-4.4). */
export function encodeRegisterSession(version: number = PROTOCOL_VERSION): Buffer {
  const data = Buffer.alloc(4);
  data.writeUInt16LE(version, 0);
  return data;
}

/** @throws Pm500Error ENIP_FRAME_INVALID when the data is not 4 bytes long */
export function decodeRegisterSession(data: Buffer): { readonly version: number; readonly options: number } {
  if (data.length !== 4) {
    throw new Pm500Error('ENIP_FRAME_INVALID', `Register Session carries 4 bytes of data, not ${data.length}.`);
  }
  return { version: data.readUInt16LE(0), options: data.readUInt16LE(2) };
}
