import type { Reader } from 'protobufjs/minimal';
import type { RawValue } from './model';
import { readBigInt } from './varint';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Start of a length-delimited field's content is the reader's position; this is its end, checked against `end`. */
export function readEnd(reader: Reader, end: number): number {
  const length = reader.uint32();
  if (reader.pos > end || length > end - reader.pos) throw new RangeError('a field is cut off');
  return reader.pos + length;
}

/** A copy of a bytes field. */
export function readBytes(reader: Reader, end: number): Uint8Array {
  const stop = readEnd(reader, end);
  const bytes = new Uint8Array(reader.buf.subarray(reader.pos, stop));
  reader.pos = stop;
  return bytes;
}

/** A string field; TypeError when it is not valid UTF-8. */
export function readText(reader: Reader, end: number): string {
  const stop = readEnd(reader, end);
  const text = utf8.decode(reader.buf.subarray(reader.pos, stop));
  reader.pos = stop;
  return text;
}

/** A bool field: any number but 0 is true. */
export function readFlag(reader: Reader, end: number): boolean {
  return readBigInt(reader, end) !== 0n;
}

/** A uint32 field; protobuf keeps the low 32 bits of a longer number. */
export function readUint32(reader: Reader, end: number): number {
  return Number(BigInt.asUintN(32, readBigInt(reader, end)));
}

/** Passes over a field that the schema does not have, or has with another wire type. */
function skipField(reader: Reader, tag: number, end: number): void {
  if (tag >>> 3 === 0) throw new RangeError('a field has the number 0');
  reader.skipType(tag & 7);
  if (reader.pos > end) throw new RangeError('a field is cut off');
}

type DecodedTags = Readonly<
  Record<'int' | 'long' | 'float' | 'double' | 'boolean' | 'string', number> & Partial<Record<'bytes', number>>
>;

/** The value field that `tag` announces, of a metric or a property; undefined when `tag` is another field. */
export function readRawValue(reader: Reader, tag: number, tags: DecodedTags, end: number): RawValue | undefined {
  switch (tag) {
    case tags.int:
      return { field: 'int', content: readUint32(reader, end) };
    case tags.long:
      return { field: 'long', content: readBigInt(reader, end) };
    case tags.float:
      return { field: 'float', content: reader.float() };
    case tags.double:
      return { field: 'double', content: reader.double() };
    case tags.boolean:
      return { field: 'boolean', content: readFlag(reader, end) };
    case tags.string:
      return { field: 'string', content: readText(reader, end) };
    case tags.bytes:
      return { field: 'bytes', content: readBytes(reader, end) };
    default:
      return undefined;
  }
}

/**
 * Walks the fields of one message up to `end`: `onField` reads the content after `tag`, or returns false to pass it over.
 * @throws RangeError when a field reaches beyond `end`
 */
export function readMessage(reader: Reader, end: number, onField: (tag: number) => boolean): void {
  while (reader.pos < end) {
    const tag = reader.tag();
    if (reader.pos > end) throw new RangeError('a field is cut off');
    if (!onField(tag)) skipField(reader, tag, end);
    if (reader.pos > end) throw new RangeError('a field is cut off');
  }
}
