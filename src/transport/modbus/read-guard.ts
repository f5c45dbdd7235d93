import { PROTOCOL_FACTS } from '../../meters/protocol-facts';
import { Pm500Error } from '../../support/errors';

const READ_FUNCTIONS: readonly (number | undefined)[] = [3, 4];
const MBAP_BYTES = 7;
const CRC_BYTES = 2;
/** Function, address and count (Modbus Application Protocol 1.1b3, 6.3 and 6.4). */
const READ_PDU_BYTES = 5;

function isReadPdu(pdu: Uint8Array): boolean {
  const count = ((pdu[3] ?? 0) << 8) | (pdu[4] ?? 0);
  return (
    pdu.length === READ_PDU_BYTES &&
    READ_FUNCTIONS.includes(pdu[0]) &&
    count >= 1 &&
    count <= PROTOCOL_FACTS.modbusReadRegisters.value
  );
}

/** Whether these bytes are one Modbus TCP request of function 03 or 04, and nothing else. */
export function isTcpRead(frame: Uint8Array): boolean {
  const lengthField = ((frame[4] ?? 0) << 8) | (frame[5] ?? 0);
  const isModbus = frame[2] === 0 && frame[3] === 0 && lengthField === READ_PDU_BYTES + 1;
  return isModbus && isReadPdu(frame.subarray(MBAP_BYTES));
}

/** Whether these bytes are one Modbus RTU request of function 03 or 04 to one unit. Unit 0 is the broadcast. */
export function isRtuRead(frame: Uint8Array): boolean {
  return frame[0] !== 0 && isReadPdu(frame.subarray(1, -CRC_BYTES)) && frame.length === READ_PDU_BYTES + 1 + CRC_BYTES;
}

/** What keeps anything but a read from being sent, whatever asked for it. */
export function notARead(where: string): Pm500Error {
  return new Pm500Error(
    'MODBUS_REQUEST_INVALID',
    `Something other than a read (function 03 or 04) was to be sent to ${where}; it was not sent, and the connection was dropped.`,
  );
}
