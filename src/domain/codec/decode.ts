import type { BlockPlan, RowPlan } from './layout';
import type { QualityReason } from '../quality/quality';
import type { Value } from '../messages/reading';

export interface DecodedBlock {
  /** Canonical metric name to value in the metric's unit. */
  readonly values: Record<string, Value>;
  /** Why a value is null; absent when every value is there. */
  readonly problems?: Record<string, QualityReason>;
}

const LETTERS_PER_WORD = 2;

function printable(code: number): string {
  return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '';
}

/** High byte an ASCII model letter, low byte a number (1420-UM001E p.49 Table 10); an all-zero word (not fitted) is empty. */
export function decodeRevision(word: number): string {
  return word === 0 ? '' : `${printable(word >>> 8)}.${word & 0xff}`;
}

/** Two letters a word, the odd-numbered one in the high byte (1420-UM001E p.49 Table 10). */
export function decodeLetters(wordAt: (index: number) => number, count: number): string {
  let letters = '';
  for (let index = 0; index < count; index++) {
    const word = wordAt(Math.floor(index / LETTERS_PER_WORD));
    letters += printable(index % LETTERS_PER_WORD === 0 ? word >>> 8 : word & 0xff);
  }
  return letters.trimEnd();
}

/** Letters of an assembly: its words are little-endian, so the even-numbered letter comes first on the wire. */
function lettersOf(view: DataView, { row, offset }: RowPlan): string {
  const count = row.letters ?? LETTERS_PER_WORD * (row.elements ?? 1);
  return decodeLetters((index) => view.getUint16(offset + 2 * index, true), count);
}

const HALF = 2 ** 32;
/** Hours and minutes in one number: 100 steps of it are an hour (1420-UM001E p.57 Table 25). */
const STEPS_PER_HOUR = 100;
const MINUTES_PER_HOUR = 60;

/**
 * A 64-bit number of an assembly in the metric's unit; null where it is no reading: beyond 2^53, which is 900 times the
 * rollover of a counter, or with a remainder above 59 that is no minute.
 */
function wideValueOf(view: DataView, { row, highOffset, lowOffset, scale }: RowPlan): number | null {
  const count = view.getUint32(highOffset, true) * HALF + view.getUint32(lowOffset, true);
  if (count > Number.MAX_SAFE_INTEGER) return null;
  if (row.encoding === 'ULINT') return count * scale;
  const minutes = count % STEPS_PER_HOUR;
  return minutes >= MINUTES_PER_HOUR ? null : (count - minutes) / STEPS_PER_HOUR + minutes / MINUTES_PER_HOUR;
}

/** Why a REAL of these 32 bits is no number: the meter's pattern of overload, or not available. */
export function reasonOfBits(bits: number, overloadBits: number): QualityReason {
  return bits === overloadBits ? 'overload' : 'not_a_number';
}

function reasonOf(view: DataView, offset: number, { overloadBits }: BlockPlan): QualityReason {
  return reasonOfBits(view.getUint32(offset, true), overloadBits);
}

/** No assembly is longer, bytes. */
const LONGEST = 512;
const copy = new Uint8Array(LONGEST);
const viewOfCopy = new DataView(copy.buffer);

/**
 * One view for all, because a view of its own weighs as much as six values; whoever reads is done before the next. Bytes of
 * another length get their own: what is missing of them must never be what another meter left behind.
 */
function viewOf(bytes: Uint8Array, sizeBytes: number): DataView {
  if (bytes.length !== sizeBytes || sizeBytes > LONGEST)
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  copy.set(bytes);
  return viewOfCopy;
}

/**
 * Turns the data of one assembly into named values. EtherNet/IP data are little-endian (1420-UM001E p.37).
 * @param bytes exactly `plan.sizeBytes` long; the transport has made sure of that
 */
export function decodeBlock(plan: BlockPlan, bytes: Uint8Array): DecodedBlock {
  const view = viewOf(bytes, plan.sizeBytes);
  const values: Record<string, Value> = {};
  let problems: Record<string, QualityReason> | undefined;
  for (const rowPlan of plan.rows) {
    const { row, offset, scale } = rowPlan;
    switch (row.encoding) {
      case 'REAL': {
        const value = view.getFloat32(offset, true) * scale;
        if (Number.isFinite(value)) values[row.metric] = value;
        else {
          values[row.metric] = null;
          (problems ??= {})[row.metric] = reasonOf(view, offset, plan);
        }
        break;
      }
      case 'REAL_PAIR': {
        const high = view.getFloat32(rowPlan.highOffset, true);
        const low = view.getFloat32(rowPlan.lowOffset, true);
        const value = (high * (row.pairScale ?? 1) + low) * scale;
        if (Number.isFinite(value)) values[row.metric] = value;
        else {
          values[row.metric] = null;
          (problems ??= {})[row.metric] = reasonOf(
            view,
            Number.isFinite(high) ? rowPlan.lowOffset : rowPlan.highOffset,
            plan,
          );
        }
        break;
      }
      case 'ULINT':
      case 'HOURS_MINUTES': {
        const value = wideValueOf(view, rowPlan);
        values[row.metric] = value;
        if (value === null) (problems ??= {})[row.metric] = 'out_of_range';
        break;
      }
      case 'UINT':
        values[row.metric] = view.getUint16(offset, true) * scale;
        break;
      case 'BIT':
        values[row.metric] = ((view.getUint16(offset, true) >>> (row.bit ?? 0)) & 1) === 1;
        break;
      case 'REVISION':
        values[row.metric] = decodeRevision(view.getUint16(offset, true));
        break;
      case 'LETTERS':
        values[row.metric] = lettersOf(view, rowPlan);
        break;
    }
  }
  return problems === undefined ? { values } : { values, problems };
}
