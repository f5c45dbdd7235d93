import type { BlockPlan, RowPlan } from './layout';
import type { Value } from '../messages/reading';

/** A value as a number; NaN where it is none. */
export function numberOf(value: Value | undefined): number {
  return typeof value === 'number' ? value : Number.NaN;
}

/** The high element holds whole steps, so that the low one keeps the precision of a single. */
function encodePair(view: DataView, plan: RowPlan, value: number): void {
  const pairScale = plan.row.pairScale ?? 1;
  const raw = value / plan.scale;
  const high = Math.trunc(raw / pairScale);
  view.setFloat32(plan.highOffset, high, true);
  view.setFloat32(plan.lowOffset, raw - high * pairScale, true);
}

const HALF = 2 ** 32;
/** So little before a full minute counts as full: hours with a fraction are not exact. */
const MINUTE_TOLERANCE = 1e-6;

/** Whole steps; a number that no counter reaches where there is none. */
function encodeWide(view: DataView, { row, highOffset, lowOffset, scale }: RowPlan, value: number): void {
  const minutes = Math.floor(value * 60 + MINUTE_TOLERANCE);
  const count = row.encoding === 'ULINT' ? Math.floor(value / scale) : Math.floor(minutes / 60) * 100 + (minutes % 60);
  const isThere = count >= 0 && count <= Number.MAX_SAFE_INTEGER;
  view.setUint32(highOffset, isThere ? Math.floor(count / HALF) : 0xffffffff, true);
  view.setUint32(lowOffset, isThere ? count % HALF : 0xffffffff, true);
}

/** The inverse of `decodeRevision`; 0 for what is no revision. */
export function encodeRevision(value: Value | undefined): number {
  const match = typeof value === 'string' ? /^([\x20-\x7e])\.(\d{1,3})$/.exec(value) : null;
  return match === null ? 0 : ((match[1]?.charCodeAt(0) ?? 0) << 8) | (Number(match[2]) & 0xff);
}

/** The inverse of `decodeLetters`: `words` words, the first letter of each in the high byte. */
export function encodeLetters(value: Value | undefined, words: number, count = 2 * words): number[] {
  const letters = (typeof value === 'string' ? value : '').slice(0, count);
  return Array.from({ length: words }, (_, word) => {
    const high = letters.charCodeAt(2 * word) || 0;
    const low = letters.charCodeAt(2 * word + 1) || 0;
    return ((high << 8) | (low & 0xff)) & 0xffff;
  });
}

/**
 * The inverse of `decodeBlock`, for simulated meters and tests: data of one assembly, little-endian.
 * A number that is missing becomes a NaN, or all ones in 64 bits, a missing state is off, a missing text is zeros.
 */
export function encodeBlock(plan: BlockPlan, values: Readonly<Record<string, Value>>): Uint8Array {
  const bytes = new Uint8Array(plan.sizeBytes);
  const view = new DataView(bytes.buffer);
  for (const rowPlan of plan.rows) {
    const { row, offset, scale } = rowPlan;
    const value = values[row.metric];
    switch (row.encoding) {
      case 'REAL':
        view.setFloat32(offset, numberOf(value) / scale, true);
        break;
      case 'REAL_PAIR':
        encodePair(view, rowPlan, numberOf(value));
        break;
      case 'ULINT':
      case 'HOURS_MINUTES':
        encodeWide(view, rowPlan, numberOf(value));
        break;
      case 'UINT':
        view.setUint16(offset, typeof value === 'number' ? Math.round(value / scale) : 0, true);
        break;
      case 'BIT':
        if (value === true) view.setUint16(offset, view.getUint16(offset, true) | (1 << (row.bit ?? 0)), true);
        break;
      case 'REVISION':
        view.setUint16(offset, encodeRevision(value), true);
        break;
      case 'LETTERS':
        encodeLetters(value, row.elements ?? 1, row.letters).forEach((word, index) => {
          view.setUint16(offset + 2 * index, word, true);
        });
        break;
    }
  }
  return bytes;
}
