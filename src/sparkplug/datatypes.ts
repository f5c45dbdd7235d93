/**
 * Datatypes of metrics and properties: number on the wire and the protobuf field that carries the value.
 * Source: Sparkplug 3.0.0, chapter 6.4.16, "Data Types"; arrays, DataSet and Template are not offered yet.
 */

/** Which value field of a metric or property carries a datatype. */
export type ValueField = 'int' | 'long' | 'float' | 'double' | 'boolean' | 'string' | 'bytes';

interface DatatypeRow {
  readonly code: number;
  readonly field: ValueField;
  /** Whole numbers only: smallest and largest value. */
  readonly min?: bigint;
  readonly max?: bigint;
}

function whole(code: number, field: 'int' | 'long', bits: bigint, isSigned: boolean): DatatypeRow {
  const min = isSigned ? -(1n << (bits - 1n)) : 0n;
  const max = isSigned ? (1n << (bits - 1n)) - 1n : (1n << bits) - 1n;
  return { code, field, min, max };
}

const ROWS = {
  Int8: whole(1, 'int', 8n, true),
  Int16: whole(2, 'int', 16n, true),
  Int32: whole(3, 'int', 32n, true),
  Int64: whole(4, 'long', 64n, true),
  UInt8: whole(5, 'int', 8n, false),
  UInt16: whole(6, 'int', 16n, false),
  UInt32: whole(7, 'int', 32n, false),
  UInt64: whole(8, 'long', 64n, false),
  Float: { code: 9, field: 'float' },
  Double: { code: 10, field: 'double' },
  Boolean: { code: 11, field: 'boolean' },
  String: { code: 12, field: 'string' },
  DateTime: whole(13, 'long', 64n, false),
  Text: { code: 14, field: 'string' },
  UUID: { code: 15, field: 'string' },
  Bytes: { code: 17, field: 'bytes' },
  File: { code: 18, field: 'bytes' },
} as const satisfies Readonly<Record<string, DatatypeRow>>;

/** Name of a datatype as the specification spells it. */
export type Datatype = keyof typeof ROWS;

/** By name. Without a prototype: what is not a datatype is undefined, whatever the name. */
export const DATATYPES: Readonly<Record<Datatype, DatatypeRow>> = Object.freeze(
  Object.assign(Object.create(null) as object, ROWS),
);
export const DATATYPE_NAMES = Object.keys(ROWS) as readonly Datatype[];

/** Datatypes of a property that holds properties. */
export const PROPERTY_SET_CODE = 20;
export const PROPERTY_SET_LIST_CODE = 21;

const BY_CODE: ReadonlyMap<number, Datatype> = new Map(DATATYPE_NAMES.map((name) => [ROWS[name].code, name]));

/** The datatype of a number on the wire; undefined when it is unknown or not offered. */
export function datatypeOfCode(code: number): Datatype | undefined {
  return BY_CODE.get(code);
}

/** True when `name` is a datatype of this list, spelt exactly so. */
export function isDatatype(name: unknown): name is Datatype {
  return typeof name === 'string' && Object.hasOwn(ROWS, name);
}
