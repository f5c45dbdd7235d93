import { DATATYPES, type Datatype } from './datatypes';
import type { MetricValue, RawValue } from './model';

function decodeWhole(type: Datatype, bits: bigint): number | bigint | undefined {
  const { min = 0n, max = 0n, field } = DATATYPES[type];
  const isSigned = min < 0n;
  // Small signed numbers come sign-extended to 32 bits, from some encoders to 64.
  const value = isSigned ? BigInt.asIntN(field === 'long' || bits > 0xffff_ffffn ? 64 : 32, bits) : bits;
  if (value < min || value > max) return undefined;
  if (type === 'Int64' || type === 'UInt64') return value;
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(value);
}

/**
 * What a value on the wire means as `type`; undefined when it does not fit the datatype. Whole numbers are taken from
 * either integer field, because widespread encoders put UInt32 into the 64-bit one.
 */
export function interpretValue(type: Datatype, raw: RawValue): MetricValue | undefined {
  const { field } = DATATYPES[type];
  if (field === 'int' || field === 'long') {
    if (raw.field === 'long') return decodeWhole(type, raw.content);
    return raw.field === 'int' ? decodeWhole(type, BigInt(raw.content)) : undefined;
  }
  return raw.field === field ? raw.content : undefined;
}
