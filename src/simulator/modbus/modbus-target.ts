import { PROTOCOL_FACTS } from '../../meters/protocol-facts';
import type { WireFaults } from '../faults/wire-faults';

/** Exception codes (Modbus Application Protocol 1.1b3, 7). */
const EXCEPTION = { illegalFunction: 1, illegalAddress: 2, illegalValue: 3 } as const;
const READ_FUNCTIONS: readonly number[] = [3, 4];
const READ_PDU_BYTES = 5;
/** Function 08 with sub-function 0: the meter sends the request back (1420-UM001E p.44). */
const DIAGNOSTICS = 8;
const DIAGNOSTICS_BYTES = 3;

/** Where a target takes its registers from. */
export interface RegisterSource {
  /** Registers as they travel; undefined when one of them does not exist. */
  read(address: number, words: number): Uint8Array | undefined;
}

/** What one Modbus server has seen; a copy. */
export interface ModbusStats {
  /** Connections that were served; a serial line counts as one. */
  readonly acceptedConnections: number;
  /** Connections closed at once because another one was open. */
  readonly refusedConnections: number;
  /** Function code to number of requests, refused ones too. */
  readonly functions: Readonly<Record<number, number>>;
  /** Exception code to number of replies with it. */
  readonly exceptions: Readonly<Record<number, number>>;
  /** Frames that were no Modbus and were dropped. */
  readonly droppedFrames: number;
}

/**
 * The Modbus application layer of a simulated meter, without a socket: one PDU in, one out. Functions 03 and 04 read the
 * same values (1420-UM001E p.44). A real meter also takes the writes 06 and 16 and a vendor's read 0x42; here a write is
 * refused as if the function did not exist, since nothing may be set, and nobody knows what 0x42 looks like.
 */
export class ModbusTarget {
  private readonly functions: Record<number, number> = {};
  private readonly exceptions: Record<number, number> = {};

  /** @param faults faults on demand: an exception in place of every answer */
  constructor(
    private readonly source: RegisterSource,
    private readonly faults?: Pick<WireFaults, 'modbusException'>,
  ) {}

  /** Answers one PDU of at least one byte; never throws. */
  handle(pdu: Uint8Array): Uint8Array {
    const functionCode = pdu[0] ?? 0;
    this.functions[functionCode] = (this.functions[functionCode] ?? 0) + 1;
    const fault = this.faults?.modbusException();
    if (fault !== undefined) return this.refuse(functionCode, fault);
    if (functionCode === DIAGNOSTICS) return this.echo(pdu);
    if (!READ_FUNCTIONS.includes(functionCode)) return this.refuse(functionCode, EXCEPTION.illegalFunction);
    const words = ((pdu[3] ?? 0) << 8) | (pdu[4] ?? 0);
    if (pdu.length !== READ_PDU_BYTES || words < 1 || words > PROTOCOL_FACTS.modbusReadRegisters.value) {
      return this.refuse(functionCode, EXCEPTION.illegalValue);
    }
    const registers = this.source.read(((pdu[1] ?? 0) << 8) | (pdu[2] ?? 0), words);
    if (registers === undefined) return this.refuse(functionCode, EXCEPTION.illegalAddress);
    const reply = new Uint8Array(2 + registers.length);
    reply.set([functionCode, registers.length]);
    reply.set(registers, 2);
    return reply;
  }

  /** Counts so far. */
  get counts(): Pick<ModbusStats, 'functions' | 'exceptions'> {
    return { functions: { ...this.functions }, exceptions: { ...this.exceptions } };
  }

  private echo(pdu: Uint8Array): Uint8Array {
    if (pdu.length < DIAGNOSTICS_BYTES) return this.refuse(DIAGNOSTICS, EXCEPTION.illegalValue);
    return pdu[1] === 0 && pdu[2] === 0 ? pdu : this.refuse(DIAGNOSTICS, EXCEPTION.illegalFunction);
  }

  private refuse(functionCode: number, exception: number): Uint8Array {
    this.exceptions[exception] = (this.exceptions[exception] ?? 0) + 1;
    return Uint8Array.of(functionCode | 0x80, exception);
  }
}
