import { Pm500Error } from '../../support/errors';
import { describeValue, type UnknownRecord } from '../../support/expect';
import type { Setting, ValueOf } from '../../support/setting';
import type { FleetColumn, FleetRows } from './fleet-rows';

const YES = ['true', 'yes', '1'];
const NO = ['false', 'no', '0'];

/** @throws Pm500Error CONFIG_INVALID, a clause that says what holds what and what belongs there */
function refuse(what: string, value: unknown, expected: string): never {
  throw new Pm500Error('CONFIG_INVALID', `${what} is ${describeValue(value)}, expected ${expected}`);
}

/** @throws Pm500Error CONFIG_INVALID */
export function wholeNumber(what: string, value: unknown, min: number, max: number): number {
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max) return number;
  return refuse(what, value, `a number from ${min} to ${max}`);
}

type ColumnOf<Kind extends Setting['kind']> = {
  [Name in FleetColumn]: FleetRows[Name] extends { readonly kind: Kind } ? Name : never;
}[FleetColumn];

/**
 * The cells of one row, checked as they are taken by what the columns may hold. Numbers and flags may be text; what is
 * empty counts as absent. Every method throws Pm500Error CONFIG_INVALID with a clause for the sentence that names the line.
 */
export class Cells {
  constructor(
    private readonly columns: FleetRows,
    private readonly row: UnknownRecord,
  ) {}

  /** As it stands; empty text when there is nothing. */
  value(column: FleetColumn): unknown {
    return this.row[column] ?? '';
  }

  text(column: FleetColumn): string | undefined {
    const value = this.value(column);
    const text = typeof value === 'string' ? value.trim() : refuse(column, value, 'text');
    return text === '' ? undefined : text;
  }

  requiredText(column: ColumnOf<'text'>): string {
    const text = this.text(column);
    if (text !== undefined) return text;
    throw new Pm500Error('CONFIG_INVALID', `${column} is missing`);
  }

  number(column: ColumnOf<'number'>): number | undefined {
    const value = this.value(column);
    const { min, max } = this.columns[column];
    return value === '' ? undefined : wholeNumber(column, value, min, max);
  }

  flag(column: ColumnOf<'flag'>): boolean | undefined {
    const value = this.value(column);
    if (typeof value === 'boolean') return value;
    if (value === '') return undefined;
    const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim().toLowerCase() : '';
    if (YES.includes(text)) return true;
    return NO.includes(text) ? false : refuse(column, value, 'yes or no');
  }

  /** One of those that the column may hold, written in capitals or not. */
  choice<Column extends ColumnOf<'choice'>>(column: Column): ValueOf<FleetRows[Column]> | undefined {
    const value = this.value(column);
    if (value === '') return undefined;
    const text = typeof value === 'number' ? String(value) : this.text(column);
    if (text === undefined) return undefined;
    const choices = this.columns[column].options.map((option) => option.value).filter((choice) => choice !== '');
    const found = choices.find((choice) => String(choice).toLowerCase() === text.toLowerCase());
    return (found ?? refuse(column, value, `one of ${choices.join(', ')}`)) as ValueOf<FleetRows[Column]>;
  }
}
