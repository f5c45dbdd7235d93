import type { Register } from '../../meters/meter-model';
import { decodeLetters, decodeRevision, reasonOfBits, type DecodedBlock } from './decode';
import type { QualityReason } from '../quality/quality';
import type { Value } from '../messages/reading';
import { metricsOf, type RegisterSpan } from './register-plan';

const MINUTES_PER_HOUR = 60;
/** The hours counter counts 100 steps an hour, of which 60 are used (1420-UM001E p.57 Table 25). */
const STEPS_PER_HOUR = 100;

/** A value, or why there is none. */
type Decoded = { readonly value: Value } | { readonly reason: QualityReason };

/** The registers of one row; within a register the high byte is first. */
class RegisterWords {
  private readonly view: DataView;

  constructor(
    bytes: Uint8Array,
    private readonly offset: number,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  at(index: number): number {
    return this.view.getUint16(this.offset + 2 * index, false);
  }

  /** 32 bits, the least significant register first (1420-UM001D p.43). */
  bits32(): number {
    return ((this.at(1) << 16) | this.at(0)) >>> 0;
  }

  /** 64 bits, the least significant register first. */
  bits64(): bigint {
    let bits = 0n;
    for (let index = 3; index >= 0; index--) bits = (bits << 16n) | BigInt(this.at(index));
    return bits;
  }
}

function decodeReal(words: RegisterWords, overloadBits: number): Decoded {
  const scratch = new DataView(new ArrayBuffer(4));
  const bits = words.bits32();
  scratch.setUint32(0, bits);
  const value = scratch.getFloat32(0);
  return Number.isFinite(value) ? { value } : { reason: reasonOfBits(bits, overloadBits) };
}

/** Numbers hold whole steps exactly up to 2^53, 900 times the rollover of a counter; more is no reading. */
function decodeCount(words: RegisterWords): Decoded {
  const bits = words.bits64();
  return bits > BigInt(Number.MAX_SAFE_INTEGER) ? { reason: 'out_of_range' } : { value: Number(bits) };
}

/** Hours with a fraction. A remainder above 59 is no minute, so the whole number is not believed. */
function decodeHours(words: RegisterWords): Decoded {
  const count = decodeCount(words);
  if (!('value' in count) || typeof count.value !== 'number') return count;
  const minutes = count.value % STEPS_PER_HOUR;
  if (minutes >= MINUTES_PER_HOUR) return { reason: 'out_of_range' };
  return { value: Math.floor(count.value / STEPS_PER_HOUR) + minutes / MINUTES_PER_HOUR };
}

function decodeRow(row: Register, words: RegisterWords, overloadBits: number): Decoded {
  switch (row.encoding) {
    case 'REAL':
      return decodeReal(words, overloadBits);
    case 'ULINT':
      return decodeCount(words);
    case 'HOURS_MINUTES':
      return decodeHours(words);
    case 'REVISION':
      return { value: decodeRevision(words.at(0)) };
    case 'LETTERS':
      return { value: decodeLetters((index) => words.at(index), row.letters ?? 2 * row.words) };
    case 'UINT':
    case 'FLAGS':
    case 'BLOCK':
      return { value: words.at(0) };
  }
}

/**
 * Turns the registers of one span into named values in catalog units (the raw counters are Wh and varh already).
 * @param bytes exactly two for each register of the span, as they travel; the transport has made sure of that
 */
export function decodeRegisters(span: RegisterSpan, bytes: Uint8Array): DecodedBlock {
  const values: Record<string, Value> = {};
  let problems: Record<string, QualityReason> | undefined;
  for (const { row, offset } of span.rows) {
    const words = new RegisterWords(bytes, offset);
    if (row.encoding === 'FLAGS') {
      metricsOf(row).forEach((metric, bit) => {
        values[metric] = ((words.at(0) >>> bit) & 1) === 1;
      });
    } else if (row.metric !== undefined) {
      const decoded = decodeRow(row, words, span.overloadBits);
      if ('value' in decoded) values[row.metric] = decoded.value;
      else {
        values[row.metric] = null;
        (problems ??= {})[row.metric] = decoded.reason;
      }
    }
  }
  return problems === undefined ? { values } : { values, problems };
}
