import { Pm500Error } from '../../../support/errors';
import { SEQUENCE_COUNT_BYTES } from './connection-parameters';
import { CPF_ITEM, decodeCpf, encodeCpf } from './cpf';

/** Interface handle and timeout, both 0, before the items. */
const INTERFACE_BYTES = 6;
const CONNECTION_ID_BYTES = 4;

/** Where the sequence count stands in a frame, its header included, that carries what `encodeConnected` made. */
export const CONNECTED_SEQUENCE_OFFSET = 44;

/** Data of SendUnitData: one CIP message over a class 3 connection (CIP Vol 2, 2-4.8). */
export interface ConnectedMessage {
  /** The id that the receiver chose. */
  readonly connectionId: number;
  /** 16 bits; a response carries that of its request. */
  readonly sequence: number;
  readonly message: Uint8Array;
}

export interface ReceivedConnectedMessage extends ConnectedMessage {
  readonly message: Buffer;
}

export function encodeConnected({ connectionId, sequence, message }: ConnectedMessage): Buffer {
  const address = Buffer.alloc(CONNECTION_ID_BYTES);
  address.writeUInt32LE(connectionId);
  const body = Buffer.alloc(SEQUENCE_COUNT_BYTES + message.length);
  body.writeUInt16LE(sequence);
  body.set(message, SEQUENCE_COUNT_BYTES);
  const items = encodeCpf([
    { type: CPF_ITEM.connectedAddress, data: address },
    { type: CPF_ITEM.connectedData, data: body },
  ]);
  return Buffer.concat([Buffer.alloc(INTERFACE_BYTES), items]);
}

function invalid(reason: string): Pm500Error {
  return new Pm500Error('ENIP_FRAME_INVALID', `A connected message cannot be read: ${reason}.`);
}

/** @throws Pm500Error ENIP_FRAME_INVALID when the bytes are not one connected message */
export function decodeConnected(data: Buffer): ReceivedConnectedMessage {
  if (data.length < INTERFACE_BYTES) throw invalid('the interface handle is missing');
  if (data.readUInt32LE(0) !== 0) throw invalid('its interface is not CIP');
  const [address, body] = decodeCpf(data.subarray(INTERFACE_BYTES));
  if (address?.type !== CPF_ITEM.connectedAddress || address.data.length !== CONNECTION_ID_BYTES) {
    throw invalid('the connected address is missing');
  }
  if (body?.type !== CPF_ITEM.connectedData || body.data.length < SEQUENCE_COUNT_BYTES) {
    throw invalid('the connected data is missing');
  }
  return {
    connectionId: address.data.readUInt32LE(0),
    sequence: body.data.readUInt16LE(0),
    message: body.data.subarray(SEQUENCE_COUNT_BYTES),
  };
}
