import { encodeUnconnected } from '../../src/transport/ethernet-ip/wire/cpf';
import {
  COMMAND,
  encodeFrame,
  encodeRegisterSession,
  type EncapsulationFrame,
} from '../../src/transport/ethernet-ip/wire/encapsulation';
import { decodeUnconnected } from '../../src/transport/ethernet-ip/wire/cpf';
import { decodeCipResponse, type CipResponse } from '../../src/transport/ethernet-ip/wire/cip';

export const CONTEXT = Buffer.from('pm500tst', 'latin1');

/** Any CIP request with an 8-bit path; the attribute may be left out. */
export function cipRequest(
  service: number,
  classId: number,
  instanceId: number,
  attributeId?: number,
  data = '',
): Buffer {
  const path = [0x20, classId, 0x24, instanceId, ...(attributeId === undefined ? [] : [0x30, attributeId])];
  return Buffer.concat([Buffer.from([service, path.length / 2, ...path]), Buffer.from(data, 'hex')]);
}

export function registerFrame(version = 1): Buffer {
  return encodeFrame({ command: COMMAND.registerSession, context: CONTEXT, data: encodeRegisterSession(version) });
}

export function unconnectedFrame(session: number, message: Uint8Array): Buffer {
  return encodeFrame({ command: COMMAND.sendRrData, session, context: CONTEXT, data: encodeUnconnected(message) });
}

export function cipResponseIn(frame: EncapsulationFrame): CipResponse {
  return decodeCipResponse(decodeUnconnected(frame.data).message);
}
