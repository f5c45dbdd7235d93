import type { MeterModel } from '../../meters/meter-model';
import type { Pm500Error } from '../../support/errors';
import type { RegisterBlock } from '../transport';
import { wireAddress } from './address';
import { exceptionError, replyInvalid, requestEchoed } from './failures';
import type { ModbusLine, ReadFunction } from './line';
import { EchoedRequest } from './rtu-reader';

/** One read: what was asked, and the bytes that have arrived since. Exactly one of its outcomes is ever told. */
export interface RegisterRead {
  /** The task as the subject of a sentence. */
  readonly what: string;
  readonly block: RegisterBlock;
  /** When its request was handed to the line, by the monotonic clock; undefined before. */
  sentAt: number | undefined;
  receivedBytes: number;
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (error: Pm500Error) => void;
}

function exceptionCodeOf(thrown: unknown): number | undefined {
  const code = thrown instanceof Error && 'modbusCode' in thrown ? thrown.modbusCode : undefined;
  return typeof code === 'number' ? code : undefined;
}

/** @throws Pm500Error MODBUS_REPLY_INVALID when more or fewer bytes came than the reply has */
function checkLength({ what, receivedBytes }: RegisterRead, expectedBytes: number | undefined): void {
  if (expectedBytes !== undefined && receivedBytes !== expectedBytes) {
    throw replyInvalid(what, `the reply has ${receivedBytes} bytes instead of ${expectedBytes}`);
  }
}

/**
 * Asks the line for the registers of one exchange and checks the reply by itself, whatever the library accepted: the
 * count of registers and the count of bytes that came.
 * @returns the registers, owned by the caller
 * @throws Pm500Error MODBUS_EXCEPTION when the meter refused, MODBUS_UNIT_ABSENT when a gateway did, MODBUS_ECHO, MODBUS_REPLY_INVALID when the reply is doubtful and the
 * line must be dropped. It may never settle: the caller keeps the time.
 */
export async function askLine(
  model: Pick<MeterModel, 'quirks'>,
  line: ModbusLine,
  exchange: RegisterRead,
  readFunction: ReadFunction,
): Promise<Uint8Array> {
  const { block, what } = exchange;
  const { lengths } = line;
  const address = wireAddress(model, block.register);
  let registers: Buffer;
  try {
    const { reader } = line;
    const asked =
      readFunction === 3
        ? reader.readHoldingRegisters(address, block.words)
        : reader.readInputRegisters(address, block.words);
    registers = (await asked).buffer;
  } catch (thrown) {
    if (thrown instanceof EchoedRequest) throw requestEchoed(what);
    const exceptionCode = exceptionCodeOf(thrown);
    if (exceptionCode === undefined) {
      throw replyInvalid(what, `the reply was refused (${describe(thrown)})`, thrown);
    }
    checkLength(exchange, lengths?.exceptionBytes);
    throw exceptionError(what, exceptionCode);
  }
  if (registers.length !== 2 * block.words) {
    throw replyInvalid(what, `the reply has ${registers.length / 2} registers instead of ${block.words}`);
  }
  checkLength(exchange, lengths && lengths.envelopeBytes + registers.length);
  return new Uint8Array(registers);
}

function describe(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
