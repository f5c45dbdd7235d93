import { Pm500Error } from '../../support/errors';
import { checkValue } from './check-value';
import { ARRAY_DATATYPES, type ArrayDatatype } from './datatypes';
import type { ArrayValue } from './model';

/**
 * Arrays travel as bytes (Sparkplug 3.0.0, 6.4.16): numbers little-endian and side by side; booleans as their count in
 * 32 bits, then eight to a byte, the first in the highest bit; texts in UTF-8, each ended by a zero byte.
 */

const COUNT_BYTES = 4;
const BITS_PER_BYTE = 8;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function refuse(where: string, fault: string): never {
  throw new Pm500Error('SPARKPLUG_VALUE_INVALID', `Sparkplug ${where}: ${fault}.`);
}

function packBits(values: readonly boolean[]): Uint8Array {
  const bytes = new Uint8Array(COUNT_BYTES + Math.ceil(values.length / BITS_PER_BYTE));
  new DataView(bytes.buffer).setUint32(0, values.length, true);
  values.forEach((value, index) => {
    const place = COUNT_BYTES + Math.floor(index / BITS_PER_BYTE);
    if (value) bytes[place] = (bytes[place] ?? 0) | (0x80 >>> (index % BITS_PER_BYTE));
  });
  return bytes;
}

function packTexts(values: readonly string[], where: string): Uint8Array {
  if (values.some((text) => text.includes('\0'))) refuse(where, 'a text holds a zero character, which ends it');
  return Buffer.from(values.map((text) => `${text}\0`).join(''), 'utf8');
}

type NumberArrayDatatype = Exclude<ArrayDatatype, 'BooleanArray' | 'StringArray'>;

interface NumberAccess {
  readonly get: (view: DataView, offset: number) => number | bigint;
  readonly set: (view: DataView, offset: number, value: number | bigint) => void;
}

const bits64 = (get: NumberAccess['get']): NumberAccess => ({
  get,
  set: (view, offset, value) => {
    view.setBigUint64(offset, BigInt.asUintN(64, BigInt(value)), true);
  },
});

/** How one number of each kind stands in the bytes; 64 bits as two's complement. */
const NUMBERS: Readonly<Record<NumberArrayDatatype, NumberAccess>> = {
  Int8Array: {
    get: (view, at) => view.getInt8(at),
    set: (view, at, value) => {
      view.setInt8(at, Number(value));
    },
  },
  UInt8Array: {
    get: (view, at) => view.getUint8(at),
    set: (view, at, value) => {
      view.setUint8(at, Number(value));
    },
  },
  Int16Array: {
    get: (view, at) => view.getInt16(at, true),
    set: (view, at, value) => {
      view.setInt16(at, Number(value), true);
    },
  },
  UInt16Array: {
    get: (view, at) => view.getUint16(at, true),
    set: (view, at, value) => {
      view.setUint16(at, Number(value), true);
    },
  },
  Int32Array: {
    get: (view, at) => view.getInt32(at, true),
    set: (view, at, value) => {
      view.setInt32(at, Number(value), true);
    },
  },
  UInt32Array: {
    get: (view, at) => view.getUint32(at, true),
    set: (view, at, value) => {
      view.setUint32(at, Number(value), true);
    },
  },
  FloatArray: {
    get: (view, at) => view.getFloat32(at, true),
    set: (view, at, value) => {
      view.setFloat32(at, Number(value), true);
    },
  },
  DoubleArray: {
    get: (view, at) => view.getFloat64(at, true),
    set: (view, at, value) => {
      view.setFloat64(at, Number(value), true);
    },
  },
  Int64Array: bits64((view, at) => view.getBigInt64(at, true)),
  UInt64Array: bits64((view, at) => view.getBigUint64(at, true)),
  DateTimeArray: bits64((view, at) => view.getBigUint64(at, true)),
};

/**
 * The bytes of an array.
 * @throws Pm500Error SPARKPLUG_VALUE_INVALID when an element does not fit
 */
export function packArray(type: ArrayDatatype, values: unknown, where: string): Uint8Array {
  if (!Array.isArray(values)) refuse(where, `the value of an ${type} is not an array`);
  const { element, packing } = ARRAY_DATATYPES[type];
  values.forEach((value: unknown, index) => {
    if (value === null) refuse(where, `element ${index} is null, which an array cannot hold`);
    checkValue(element, value, `${where}, element ${index}`);
  });
  if (packing === 'bits') return packBits(values as readonly boolean[]);
  if (packing === 'text') return packTexts(values as readonly string[], where);
  const bytes = new Uint8Array(values.length * packing);
  const view = new DataView(bytes.buffer);
  const { set } = NUMBERS[type as NumberArrayDatatype];
  (values as readonly (number | bigint)[]).forEach((value, index) => {
    set(view, packing * index, value);
  });
  return bytes;
}

function unpackBits(bytes: Uint8Array): readonly boolean[] | undefined {
  if (bytes.length < COUNT_BYTES) return undefined;
  const count = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (bytes.length !== COUNT_BYTES + Math.ceil(count / BITS_PER_BYTE)) return undefined;
  return Array.from({ length: count }, (_, index) => {
    const byte = bytes[COUNT_BYTES + Math.floor(index / BITS_PER_BYTE)] ?? 0;
    return (byte & (0x80 >>> (index % BITS_PER_BYTE))) !== 0;
  });
}

function unpackTexts(bytes: Uint8Array): readonly string[] | undefined {
  if (bytes.length === 0) return [];
  if (bytes.at(-1) !== 0) return undefined;
  try {
    return utf8.decode(bytes.subarray(0, -1)).split('\0');
  } catch {
    return undefined;
  }
}

/** The elements of a packed array; undefined when the bytes do not hold whole elements of this kind. */
export function unpackArray(type: ArrayDatatype, bytes: Uint8Array): ArrayValue | undefined {
  const { packing } = ARRAY_DATATYPES[type];
  if (packing === 'bits') return unpackBits(bytes);
  if (packing === 'text') return unpackTexts(bytes);
  if (bytes.length % packing !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { get } = NUMBERS[type as NumberArrayDatatype];
  const values = Array.from({ length: bytes.length / packing }, (_, index) => get(view, packing * index));
  if (type !== 'DateTimeArray') return values as readonly number[] | readonly bigint[];
  return values.every((value) => value <= BigInt(Number.MAX_SAFE_INTEGER)) ? values.map(Number) : undefined;
}
