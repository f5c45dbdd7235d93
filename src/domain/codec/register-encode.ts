import type { Register } from '../../meters/meter-model';
import { encodeLetters, encodeRevision, numberOf } from './encode';
import type { Value } from '../messages/reading';
import { metricsOf, type RegisterSpan } from './register-plan';

/** No counter reaches it, so it decodes to no value. */
const NOT_AVAILABLE = 0xffff_ffff_ffff_ffffn;
/** Hours are sums of fractions; a minute that is complete but for rounding is complete. */
const MINUTE_TOLERANCE = 1e-6;

/** Registers of a 64-bit number, the least significant first (1420-UM001D p.43). */
function words64(bits: bigint): number[] {
  return [0n, 16n, 32n, 48n].map((shift) => Number((bits >> shift) & 0xffffn));
}

function encodeReal(value: number): number[] {
  const scratch = new DataView(new ArrayBuffer(4));
  scratch.setFloat32(0, value);
  return [scratch.getUint16(2), scratch.getUint16(0)];
}

function encodeCount(value: number): number[] {
  return words64(value >= 0 && value <= Number.MAX_SAFE_INTEGER ? BigInt(Math.floor(value)) : NOT_AVAILABLE);
}

/** Hours with a fraction to hours x 100 + whole minutes (1420-UM001E p.57 Table 25). */
function encodeHours(value: number): number[] {
  const minutes = Math.floor(value * 60 + MINUTE_TOLERANCE);
  return encodeCount(Math.floor(minutes / 60) * 100 + (minutes % 60));
}

function encodeRow(row: Register, values: Readonly<Record<string, Value>>): number[] {
  const value = row.metric === undefined ? undefined : values[row.metric];
  switch (row.encoding) {
    case 'REAL':
      return encodeReal(numberOf(value));
    case 'ULINT':
      return encodeCount(numberOf(value));
    case 'HOURS_MINUTES':
      return encodeHours(numberOf(value));
    case 'REVISION':
      return [encodeRevision(value)];
    case 'LETTERS':
      return encodeLetters(value, row.words, row.letters);
    case 'FLAGS':
      return [metricsOf(row).reduce((word, metric, bit) => (values[metric] === true ? word | (1 << bit) : word), 0)];
    case 'UINT':
    case 'BLOCK':
      return typeof value === 'number' ? [Math.round(value) & 0xffff] : [];
  }
}

/**
 * The inverse of `decodeRegisters`, for simulated meters and tests: two bytes for each register of the span. A REAL that
 * is missing becomes a NaN, a missing counter a number that no counter reaches, a missing state is off, a missing text
 * is zeros; rows without a metric are zeros.
 */
export function encodeRegisters(span: RegisterSpan, values: Readonly<Record<string, Value>>): Uint8Array {
  const bytes = new Uint8Array(2 * span.words);
  const view = new DataView(bytes.buffer);
  for (const { row, offset } of span.rows) {
    if (metricsOf(row).length === 0) continue;
    encodeRow(row, values).forEach((word, index) => {
      view.setUint16(offset + 2 * index, word);
    });
  }
  return bytes;
}
