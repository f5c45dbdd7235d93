import type { Reader } from 'protobufjs/minimal';
import { datatypeOfCode, isBasicDatatype, type Datatype } from './datatypes';
import { readEnd, readMessage, readRawValue, readText, readUint32 } from './decode-fields';
import { interpretValue } from './decode-value';
import type { DataSet, MetricValue, RawValue } from './model';
import { CELL_TAGS, DATA_SET_TAGS, ROW_TAGS } from './wire';
import { readSafeInteger } from './varint';

function readCell(reader: Reader, end: number): RawValue | undefined {
  let raw: RawValue | undefined;
  readMessage(reader, end, (tag) => {
    const read = readRawValue(reader, tag, CELL_TAGS, end);
    raw = read ?? raw;
    return read !== undefined;
  });
  return raw;
}

function readRow(reader: Reader, end: number): readonly (RawValue | undefined)[] {
  const cells: (RawValue | undefined)[] = [];
  readMessage(reader, end, (tag) => {
    if (tag !== ROW_TAGS.elements) return false;
    cells.push(readCell(reader, readEnd(reader, end)));
    return true;
  });
  return cells;
}

function columnType(code: number | undefined): Datatype {
  const type = code === undefined ? undefined : datatypeOfCode(code);
  if (type === undefined || !isBasicDatatype(type)) throw new RangeError(`a column has datatype ${code ?? 'none'}`);
  return type;
}

function interpretCell(type: Datatype, raw: RawValue | undefined): MetricValue {
  // Some encoders leave a null cell empty.
  const value = raw === undefined ? null : interpretValue(type, raw);
  if (value === undefined) throw new RangeError(`a cell is not a valid ${type}`);
  return value;
}

/**
 * Reads a DataSet message up to `end`.
 * @throws RangeError when columns, datatypes and cells do not match in number or kind
 */
export function readDataSet(reader: Reader, end: number): DataSet {
  let columnCount: number | undefined;
  const names: string[] = [];
  const codes: number[] = [];
  const rows: (readonly (RawValue | undefined)[])[] = [];
  readMessage(reader, end, (tag) => {
    switch (tag) {
      case DATA_SET_TAGS.columnCount:
        columnCount = readSafeInteger(reader, end);
        return true;
      case DATA_SET_TAGS.columns:
        names.push(readText(reader, end));
        return true;
      case DATA_SET_TAGS.types:
        codes.push(readUint32(reader, end));
        return true;
      case DATA_SET_TAGS.packedTypes: {
        const stop = readEnd(reader, end);
        while (reader.pos < stop) codes.push(readUint32(reader, stop));
        return true;
      }
      case DATA_SET_TAGS.rows:
        rows.push(readRow(reader, readEnd(reader, end)));
        return true;
      default:
        return false;
    }
  });
  if (codes.length !== names.length || (columnCount !== undefined && columnCount !== names.length)) {
    throw new RangeError(`a DataSet has ${names.length} column names, ${codes.length} datatypes`);
  }
  const columns = names.map((name, index) => ({ name, type: columnType(codes[index]) }));
  return {
    columns,
    rows: rows.map((cells) => {
      if (cells.length !== columns.length) throw new RangeError(`a row has ${cells.length} cells`);
      return columns.map(({ type }, index) => interpretCell(type, cells[index]));
    }),
  };
}
