import type { Writer } from 'protobufjs/minimal';
import { checkValue } from './check-value';
import { DATATYPES, type Datatype } from './datatypes';
import type { MetricValue } from './model';
import type { METRIC_TAGS, PROPERTY_TAGS } from './wire';
import { writeBigInt, writeSafeInteger } from './varint';

type ValueTags = typeof METRIC_TAGS | typeof PROPERTY_TAGS;

function writeLong(writer: Writer, value: number | bigint): void {
  if (typeof value === 'number' && value >= 0) writeSafeInteger(writer, value);
  else writeBigInt(writer, BigInt(value));
}

/**
 * Writes a value that is not null into the field of its datatype: signed numbers in two's complement of 32 or 64 bits.
 * @throws Pm500Error SPARKPLUG_VALUE_INVALID when the value does not fit
 */
export function writeValue(
  writer: Writer,
  tags: ValueTags,
  type: Datatype,
  value: NonNullable<MetricValue>,
  where: string,
): void {
  checkValue(type, value, where);
  switch (DATATYPES[type].field) {
    case 'int':
      writer.uint32(tags.int).uint32(Number(value) >>> 0);
      break;
    case 'long':
      writer.uint32(tags.long);
      writeLong(writer, value as number | bigint);
      break;
    case 'float':
      writer.uint32(tags.float).float(value as number);
      break;
    case 'double':
      writer.uint32(tags.double).double(value as number);
      break;
    case 'boolean':
      writer.uint32(tags.boolean).bool(value as boolean);
      break;
    case 'string':
      writer.uint32(tags.string).string(value as string);
      break;
    case 'bytes':
      if ('bytes' in tags) writer.uint32(tags.bytes).bytes(value as Uint8Array);
      break;
  }
}
