import type { MeterModel } from '../../meters/meter-model';
import { PROTOCOL_FACTS } from '../../meters/protocol-facts';
import { Pm500Error } from '../../support/errors';
import type { RegisterBlock } from '../transport';

const MAXIMUM_WORDS = PROTOCOL_FACTS.modbusReadRegisters.value;
/** Addresses on the wire have 16 bits. */
const ADDRESSES = 0x1_0000;

/** What an address needs to know of the meter. */
type AddressModel = Pick<MeterModel, 'quirks'>;

/**
 * The zero-based address on the wire of a printed number 3xxxxx: the only place where one becomes the other. How
 * well the offset is known says `modbusFirstRegister` of the meter model.
 */
export function wireAddress({ quirks }: AddressModel, register: number): number {
  return register - quirks.modbusFirstRegister.value;
}

/** The printed number of a wire address; the inverse of `wireAddress`. */
export function printedRegister({ quirks }: AddressModel, address: number): number {
  return address + quirks.modbusFirstRegister.value;
}

/** @throws Pm500Error MODBUS_REQUEST_INVALID when a block cannot be asked for in one request */
export function checkRegisterBlock(model: AddressModel, { register, words }: RegisterBlock): void {
  const address = wireAddress(model, register);
  const fits = Number.isInteger(address) && address >= 0 && address + words <= ADDRESSES;
  if (fits && Number.isInteger(words) && words >= 1 && words <= MAXIMUM_WORDS) return;
  throw new Pm500Error(
    'MODBUS_REQUEST_INVALID',
    `${words} registers from ${register} cannot be read at once; ask for 1 to ${MAXIMUM_WORDS} registers with numbers from ${printedRegister(model, 0)} to ${printedRegister(model, ADDRESSES - 1)}.`,
  );
}
