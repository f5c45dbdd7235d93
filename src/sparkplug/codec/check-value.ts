import { Pm500Error } from '../../support/errors';
import { DATATYPES, type Datatype } from './datatypes';
import type { MetricValue } from './model';

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;

function show(value: unknown): string {
  if (typeof value === 'string') return value.length > 40 ? `"${value.slice(0, 40)}..."` : `"${value}"`;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return value.toString();
  return `a value of type ${typeof value}`;
}

function wholeNumberFault(type: Datatype, value: unknown): string | undefined {
  const { min = 0n, max = 0n } = DATATYPES[type];
  if (typeof value === 'number') {
    if (!Number.isInteger(value)) return 'it is not a whole number';
    if (!Number.isSafeInteger(value)) return 'a number of that size is not exact: pass a bigint';
  } else if (typeof value !== 'bigint') return 'it is not a whole number';
  else if (type === 'DateTime' && value > BigInt(Number.MAX_SAFE_INTEGER)) return 'that time is too far away';
  return value < min || value > max ? `it is outside ${min.toString()} to ${max.toString()}` : undefined;
}

function faultOf(type: Datatype, value: unknown): string | undefined {
  switch (DATATYPES[type].field) {
    case 'int':
    case 'long':
      return wholeNumberFault(type, value);
    case 'float':
      if (typeof value !== 'number') return 'it is not a number';
      if (!Number.isFinite(value) || Number.isFinite(Math.fround(value))) return undefined;
      return 'it is beyond the range of a single: use Double';
    case 'double':
      return typeof value === 'number' ? undefined : 'it is not a number';
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'it is neither true nor false';
    case 'string':
      if (typeof value !== 'string') return 'it is not text';
      // A surrogate without its partner cannot be written as UTF-8.
      if (!value.isWellFormed()) return 'it is not valid Unicode';
      return type === 'UUID' && !UUID.test(value) ? 'it is not a UUID' : undefined;
    case 'bytes':
      return value instanceof Uint8Array ? undefined : 'it is not a Uint8Array';
  }
}

/**
 * Refuses a value that its datatype cannot hold; nothing is rounded, cut or converted. Null fits every datatype; NaN and
 * infinities are values of Float and Double.
 * @param where what the value belongs to, for the message
 * @throws Pm500Error SPARKPLUG_VALUE_INVALID
 */
export function checkValue(type: Datatype, value: unknown, where: string): asserts value is MetricValue {
  if (value === null) return;
  const fault = faultOf(type, value);
  if (fault === undefined) return;
  throw new Pm500Error(
    'SPARKPLUG_VALUE_INVALID',
    `Sparkplug ${where}: ${show(value)} cannot be sent as ${type} because ${fault}; correct the value or its type.`,
  );
}

/**
 * Refuses text that cannot be a name or key: empty, or not valid Unicode.
 * @throws Pm500Error SPARKPLUG_VALUE_INVALID
 */
export function checkName(name: string, what: string): void {
  if (name !== '' && name.isWellFormed()) return;
  throw new Pm500Error(
    'SPARKPLUG_VALUE_INVALID',
    `Sparkplug: ${what} is ${name === '' ? 'empty' : 'not valid Unicode'}; give it a name of plain text.`,
  );
}

/** True for a time, alias or number of sequence that can be written exactly: a whole number from 0. */
export function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** @throws Pm500Error SPARKPLUG_VALUE_INVALID, always: `value` is no count */
export function refuseCount(value: number, what: string, owner: string): never {
  throw new Pm500Error(
    'SPARKPLUG_VALUE_INVALID',
    `Sparkplug: the ${what} of ${owner} is ${value}; pass a whole number from 0 to 2^53 - 1.`,
  );
}
