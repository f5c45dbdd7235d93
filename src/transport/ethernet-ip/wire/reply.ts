import { Pm500Error } from '../../../support/errors';
import { decodeCipResponse, RESPONSE_FLAG, type CipResponse, type ConnectionService, type ReadService } from './cip';
import { decodeConnected } from './connected-message';
import { CPF_ITEM, decodeUnconnected, type ReceivedCpfItem } from './cpf';
import { COMMAND, decodeHeader, HEADER_BYTES, HEADER_OFFSET, isCommand } from './encapsulation';
import { encapsulationStatusError } from './status';

/** What the header of the awaited reply must say. */
export interface AwaitedReply {
  command: number;
  /** 0 while there is none: then any handle is taken. */
  session: number;
  contextLow: number;
  contextHigh: number;
  /** Of a class 3 connection, T->O; only a reply by SendUnitData carries it. */
  connectionId: number;
}

function mismatch(what: string, got: string, expected: string): Pm500Error {
  return new Pm500Error(
    'ENIP_REPLY_MISMATCH',
    `${what}: a reply arrived with ${got} instead of ${expected}; it is refused and the connection is opened again.`,
    { retryable: true },
  );
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/**
 * Refuses a reply that does not belong to the request.
 * @param what the request, as the subject of a sentence
 * @throws Pm500Error ENIP_REPLY_MISMATCH or ENIP_STATUS
 */
export function checkReplyHeader(frame: Buffer, awaited: AwaitedReply, what: () => string): void {
  const command = frame.readUInt16LE(HEADER_OFFSET.command);
  if (command !== awaited.command) throw mismatch(what(), `command ${hex(command)}`, hex(awaited.command));
  const low = frame.readUInt32LE(HEADER_OFFSET.context);
  const high = frame.readUInt32LE(HEADER_OFFSET.context + 4);
  // SendUnitData has no reply of its own: the context means nothing, the sequence count tells (CIP Vol 2, 2-4.8).
  const echoesContext = command !== COMMAND.sendUnitData;
  if (!echoesContext) checkConnected(frame, awaited, what);
  else if (low !== awaited.contextLow || high !== awaited.contextHigh) {
    throw mismatch(what(), `sender context ${high}/${low}`, `${awaited.contextHigh}/${awaited.contextLow}`);
  }
  const status = frame.readUInt32LE(HEADER_OFFSET.status);
  if (status !== 0) throw encapsulationStatusError(what(), status);
  const session = frame.readUInt32LE(HEADER_OFFSET.session);
  if (awaited.session !== 0 && session !== awaited.session) {
    throw mismatch(what(), `session ${hex(session)}`, hex(awaited.session));
  }
}

function checkConnected(frame: Buffer, awaited: AwaitedReply, what: () => string): void {
  const { connectionId, sequence } = withSubject(what, () => decodeConnected(frame.subarray(HEADER_BYTES)));
  if (connectionId !== awaited.connectionId) {
    throw mismatch(what(), `connection ${hex(connectionId)}`, hex(awaited.connectionId));
  }
  const expected = awaited.contextLow & 0xffff;
  if (sequence !== expected) throw mismatch(what(), `sequence count ${sequence}`, String(expected));
}

/** True for a frame that a target may send unasked and that means nothing. */
export function isNop(frame: Buffer): boolean {
  return frame.readUInt16LE(HEADER_OFFSET.command) === COMMAND.nop;
}

export function describeCommand(frame: Buffer): string {
  const command = frame.readUInt16LE(HEADER_OFFSET.command);
  const name = Object.entries(COMMAND).find(([, code]) => code === command)?.[0];
  return isCommand(command) && name !== undefined ? name : hex(command);
}

/** Where each part stands in the reply that every known meter sends: null address, unconnected data, no status words. */
const USUAL = { itemCount: 30, nullType: 32, nullLength: 34, dataType: 36, dataLength: 38, response: 40, data: 44 };

/**
 * The fast way: where the data of a successful reply of the usual shape begins.
 * @returns 0 for any other reply, which `decodeReply` then takes apart
 */
export function locateReplyData(frame: Buffer, service: ReadService): number {
  const usual =
    frame.length >= USUAL.data &&
    frame.readUInt32LE(HEADER_BYTES) === 0 &&
    frame.readUInt16LE(USUAL.itemCount) === 2 &&
    frame.readUInt16LE(USUAL.nullType) === CPF_ITEM.nullAddress &&
    frame.readUInt16LE(USUAL.nullLength) === 0 &&
    frame.readUInt16LE(USUAL.dataType) === CPF_ITEM.unconnectedData &&
    frame.readUInt16LE(USUAL.dataLength) === frame.length - USUAL.response &&
    frame[USUAL.response] === (service | RESPONSE_FLAG) &&
    frame.readUInt16LE(USUAL.response + 2) === 0;
  return usual ? USUAL.data : 0;
}

/**
 * Runs a parser; its refusals become retryable and begin with what was asked of whom.
 * @param what the request, as the subject of a sentence
 */
export function withSubject<Result>(what: () => string, parse: () => Result): Result {
  try {
    return parse();
  } catch (thrown) {
    if (!(thrown instanceof Pm500Error)) throw thrown;
    const { code, message, details } = thrown;
    throw new Pm500Error(code, `${what()}: ${message}`, { cause: thrown, details, retryable: true });
  }
}

function messageIn(frame: Buffer): Buffer {
  const data = frame.subarray(HEADER_BYTES);
  const connected = decodeHeader(frame).command === COMMAND.sendUnitData;
  return connected ? decodeConnected(data).message : decodeUnconnected(data).message;
}

/**
 * The items after the CIP response of a SendRRData reply, for instance socket addresses.
 * @throws Pm500Error ENIP_FRAME_INVALID
 */
export function decodeReplyItems(frame: Buffer): readonly ReceivedCpfItem[] {
  return decodeUnconnected(frame.subarray(HEADER_BYTES)).more;
}

/**
 * The careful way: the CIP response of any reply by SendRRData or SendUnitData.
 * @param what the request, as the subject of a sentence
 * @throws Pm500Error ENIP_FRAME_INVALID, CIP_REPLY_INVALID, or ENIP_REPLY_MISMATCH for the answer to another service
 */
export function decodeReply(frame: Buffer, service: ReadService | ConnectionService, what: () => string): CipResponse {
  const response = withSubject(what, () => decodeCipResponse(messageIn(frame)));
  if (response.service !== service) throw mismatch(what(), `CIP service ${hex(response.service)}`, hex(service));
  return response;
}
