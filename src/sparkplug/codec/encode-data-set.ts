import type { Writer } from 'protobufjs/minimal';
import { Pm500Error } from '../../support/errors';
import { checkName } from './check-value';
import { DATATYPES, isBasicDatatype, isDatatype } from './datatypes';
import { writeValue } from './encode-value';
import type { DataSet } from './model';
import { CELL_TAGS, DATA_SET_TAGS, ROW_TAGS } from './wire';

function refuse(where: string, fault: string): never {
  throw new Pm500Error('SPARKPLUG_VALUE_INVALID', `Sparkplug ${where}: ${fault}.`);
}

/** Values come from messages too; a guard of the language would forget what the types know. */
export function isList(value: unknown): boolean {
  return Array.isArray(value);
}

/**
 * Writes the content of a DataSet message.
 * @throws Pm500Error SPARKPLUG_VALUE_INVALID when a column, a cell or the length of a row does not fit
 */
export function writeDataSet(writer: Writer, dataSet: DataSet, where: string): void {
  const { columns, rows } = dataSet;
  if (!isList(columns) || !isList(rows)) refuse(where, 'a DataSet needs lists of columns and rows');
  writer.uint32(DATA_SET_TAGS.columnCount).uint32(columns.length);
  for (const { name } of columns) {
    checkName(name, `a column of ${where}`);
    writer.uint32(DATA_SET_TAGS.columns).string(name);
  }
  for (const { name, type } of columns) {
    if (!isDatatype(type) || !isBasicDatatype(type)) refuse(where, `column "${name}" cannot be of type ${type}`);
    writer.uint32(DATA_SET_TAGS.types).uint32(DATATYPES[type].code);
  }
  rows.forEach((row, number) => {
    if (row.length !== columns.length) refuse(where, `row ${number} has ${row.length} cells, not ${columns.length}`);
    writer.uint32(DATA_SET_TAGS.rows).fork();
    columns.forEach(({ name, type }, index) => {
      const cell = row[index] ?? refuse(where, `row ${number} has no value in column "${name}"; a cell cannot be null`);
      writer.uint32(ROW_TAGS.elements).fork();
      writeValue(writer, CELL_TAGS, type, DATATYPES[type].field, cell, `${where}, column "${name}"`);
      writer.ldelim();
    });
    writer.ldelim();
  });
}
