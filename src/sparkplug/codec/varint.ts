import type { Reader, Writer } from 'protobufjs/minimal';

const TWO_28 = 0x1000_0000;

/** The low 28 bits as four varint bytes with the continuation bit set, in one little-endian word. */
function fourGroups(low28: number): number {
  return (
    ((low28 & 0x7f) |
      ((low28 & 0x3f80) << 1) |
      ((low28 & 0x1f_c000) << 2) |
      ((low28 & 0xfe0_0000) << 3) |
      0x8080_8080) >>>
    0
  );
}

/** The last large one, which mostly is the time that all metrics of a message have, and its parts. */
const last = { value: 0, low: 0, high: 0 };

/**
 * Writes a non-negative safe integer as a varint, without the intermediate object of the library's 64-bit writer.
 * @param value 0 to 2^53 - 1, checked by the caller
 */
export function writeSafeInteger(writer: Writer, value: number): void {
  if (value < TWO_28) {
    writer.uint32(value);
    return;
  }
  if (value !== last.value) {
    last.value = value;
    last.low = fourGroups(value % TWO_28);
    last.high = Math.floor(value / TWO_28);
  }
  writer.fixed32(last.low).uint32(last.high);
}

/** Writes the low 64 bits of `value` as a varint (two's complement for negative numbers). */
export function writeBigInt(writer: Writer, value: bigint): void {
  const bits = BigInt.asUintN(64, value);
  if (bits <= BigInt(Number.MAX_SAFE_INTEGER)) {
    writeSafeInteger(writer, Number(bits));
    return;
  }
  const high = bits >> 28n;
  writer.fixed32(fourGroups(Number(bits & 0xfff_ffffn)));
  if (high < BigInt(TWO_28)) writer.uint32(Number(high));
  else writer.fixed32(fourGroups(Number(high & 0xfff_ffffn))).uint32(Number(high >> 28n));
}

/**
 * Reads a varint of at most 64 bits.
 * @throws RangeError when it does not end before `end` or is longer than 64 bits
 */
export function readBigInt(reader: Reader, end: number): bigint {
  let low = 0;
  let high = 0;
  for (let group = 0; group < 10; group++) {
    if (reader.pos >= end) throw new RangeError('a number is cut off');
    const byte = reader.buf[reader.pos++] ?? 0;
    if (group === 9 && byte > 1) throw new RangeError('a number has more than 64 bits');
    if (group < 5) low += (byte & 0x7f) * 2 ** (7 * group);
    else high += (byte & 0x7f) * 2 ** (7 * (group - 5));
    if (byte < 0x80) return BigInt(low) | (BigInt(high) << 35n);
  }
  throw new RangeError('a number has more than 64 bits');
}

/**
 * Reads a varint that has to be a safe integer, for instance a time.
 * @throws RangeError when it is cut off or above 2^53 - 1
 */
export function readSafeInteger(reader: Reader, end: number): number {
  const value = readBigInt(reader, end);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError(`the number ${value.toString()} is too large`);
  return Number(value);
}
