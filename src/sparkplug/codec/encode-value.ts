import type { Writer } from 'protobufjs/minimal';
import { checkValue } from './check-value';
import type { Datatype, ValueField } from './datatypes';
import type { MetricValue } from './model';
import { writeBigInt, writeSafeInteger } from './varint';

/** The tags of the value fields of a metric or a property. */
export interface ValueTags extends Readonly<Record<Exclude<ValueField, 'bytes'>, number>> {
  /** A property has no such field. */
  readonly bytes?: number;
}

function writeLong(writer: Writer, value: number | bigint): void {
  if (typeof value === 'number' && value >= 0) writeSafeInteger(writer, value);
  else writeBigInt(writer, BigInt(value));
}

function writeChecked(writer: Writer, tags: ValueTags, field: ValueField, value: NonNullable<MetricValue>): void {
  switch (field) {
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
      if (tags.bytes !== undefined) writer.uint32(tags.bytes).bytes(value as Uint8Array);
      break;
  }
}

/**
 * Writes a value that is not null into the field of its datatype: signed numbers in two's complement of 32 or 64 bits.
 * @param field the field of `type`
 * @throws Pm500Error SPARKPLUG_VALUE_INVALID when the value does not fit
 */
export function writeValue(
  writer: Writer,
  tags: ValueTags,
  type: Datatype,
  field: ValueField,
  value: NonNullable<MetricValue>,
  where: string,
): void {
  // Most values are floats of ordinary size, which fit without a closer look.
  if (field === 'float' && typeof value === 'number' && value < 1e38 && value > -1e38) {
    writer.uint32(tags.float).float(value);
    return;
  }
  checkValue(type, value, where);
  writeChecked(writer, tags, field, value);
}
