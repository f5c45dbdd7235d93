/**
 * Datatypes of metrics and properties: number on the wire and the protobuf field that carries the value.
 * Source: Sparkplug 3.0.0, chapter 6.4.16, "Data Types".
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

/** Name of a datatype of one value, as the specification spells it. */
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

/** True when `name` is a datatype of this list, spelled exactly so. */
export function isDatatype(name: unknown): name is Datatype {
  return typeof name === 'string' && Object.hasOwn(ROWS, name);
}

/** The packed form of an array: bytes of one element, or how elements of varying size follow each other. */
export type ArrayPacking = 1 | 2 | 4 | 8 | 'bits' | 'text';

interface ArrayRow {
  readonly code: number;
  readonly element: Datatype;
  readonly packing: ArrayPacking;
}

const ARRAY_ROWS = {
  Int8Array: { code: 22, element: 'Int8', packing: 1 },
  Int16Array: { code: 23, element: 'Int16', packing: 2 },
  Int32Array: { code: 24, element: 'Int32', packing: 4 },
  Int64Array: { code: 25, element: 'Int64', packing: 8 },
  UInt8Array: { code: 26, element: 'UInt8', packing: 1 },
  UInt16Array: { code: 27, element: 'UInt16', packing: 2 },
  UInt32Array: { code: 28, element: 'UInt32', packing: 4 },
  UInt64Array: { code: 29, element: 'UInt64', packing: 8 },
  FloatArray: { code: 30, element: 'Float', packing: 4 },
  DoubleArray: { code: 31, element: 'Double', packing: 8 },
  BooleanArray: { code: 32, element: 'Boolean', packing: 'bits' },
  StringArray: { code: 33, element: 'String', packing: 'text' },
  DateTimeArray: { code: 34, element: 'DateTime', packing: 8 },
} as const satisfies Readonly<Record<string, ArrayRow>>;

/** Name of a datatype of many values of one kind; they travel packed in the bytes field. */
export type ArrayDatatype = keyof typeof ARRAY_ROWS;

export const ARRAY_DATATYPES: Readonly<Record<ArrayDatatype, ArrayRow>> = ARRAY_ROWS;
export const ARRAY_DATATYPE_NAMES = Object.keys(ARRAY_ROWS) as readonly ArrayDatatype[];

/** Datatypes of a metric that holds a table, and of one that holds metrics. */
export const DATA_SET_CODE = 16;
export const TEMPLATE_CODE = 19;

/** Every datatype that a metric can have. */
export type MetricDatatype = Datatype | ArrayDatatype | 'DataSet' | 'Template';

const ARRAYS_BY_CODE: ReadonlyMap<number, ArrayDatatype> = new Map(
  ARRAY_DATATYPE_NAMES.map((name) => [ARRAY_ROWS[name].code, name]),
);

/** The array datatype of a number on the wire; undefined when it is none. */
export function arrayDatatypeOfCode(code: number): ArrayDatatype | undefined {
  return ARRAYS_BY_CODE.get(code);
}

/** True when `name` is an array datatype, spelled exactly so. */
export function isArrayDatatype(name: unknown): name is ArrayDatatype {
  return typeof name === 'string' && Object.hasOwn(ARRAY_ROWS, name);
}

/** The basic datatypes, which columns of a DataSet and parameters of a Template can have (1 to 14; 6.4.17, 6.4.19). */
export function isBasicDatatype(type: Datatype): boolean {
  return ROWS[type].code <= ROWS.Text.code;
}
