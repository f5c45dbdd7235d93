import { QUIRKS } from '../../meters/pm500/quirks';
import { Pm500Error } from '../../support/errors';
import type { RegisterBlock } from '../transport';

const FIRST_REGISTER = QUIRKS.modbusFirstRegister.value;
const MAXIMUM_WORDS = QUIRKS.modbusReadRegisters.value;
/** Addresses on the wire have 16 bits. */
const ADDRESSES = 0x1_0000;

/**
 * The zero-based address on the wire of a printed number 3xxxxx: the only place where one becomes the other. The offset
 * is derived, not read from the manual: see `QUIRKS.modbusFirstRegister`.
 */
export function wireAddress(register: number): number {
  return register - FIRST_REGISTER;
}

/** The printed number of a wire address; the inverse of `wireAddress`. */
export function printedRegister(address: number): number {
  return address + FIRST_REGISTER;
}

/** @throws Pm500Error MODBUS_REQUEST_INVALID when a block cannot be asked for in one request */
export function checkRegisterBlock({ register, words }: RegisterBlock): void {
  const address = wireAddress(register);
  const fits = Number.isInteger(address) && address >= 0 && address + words <= ADDRESSES;
  if (fits && Number.isInteger(words) && words >= 1 && words <= MAXIMUM_WORDS) return;
  throw new Pm500Error(
    'MODBUS_REQUEST_INVALID',
    `${words} registers from ${register} cannot be read at once; ask for 1 to ${MAXIMUM_WORDS} registers with numbers from ${FIRST_REGISTER} to ${printedRegister(ADDRESSES - 1)}.`,
  );
}
