import { Expect, isRecord, type UnknownRecord } from '../../support/expect';
import type { FaultParameter, FaultRow } from './fault-row';
import { FAULT_ROWS, type FaultName } from './fault-table';

/** Values of the parameters of a fault, complete and in range. */
export type FaultParameters = Readonly<Record<string, number | string>>;

/** A fault as somebody asked for it, checked. */
export interface FaultOrder {
  readonly name: FaultName;
  readonly row: FaultRow;
  readonly parameters: FaultParameters;
  /** How long it lasts, ms; absent: until it is stopped, or it is over at once. */
  readonly durationMs?: number;
}

/** A day: the demo and the tests need seconds. */
const LONGEST_MS = 86_400_000;
const DURATION: FaultParameter = {
  name: 'durationMs',
  label: 'Lasts',
  kind: 'number',
  min: 1,
  max: LONGEST_MS,
  unit: 'ms',
  default: 0,
};
const expect = new Expect('MESSAGE_INVALID', 'ask for help to see all faults with their parameters.');

/** Text from a command line or a web form counts as the number that it spells. */
function asNumber(value: unknown): unknown {
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
}

function check(path: string, parameter: FaultParameter, value: unknown): number | string {
  if (parameter.kind === 'choice') return expect.choice(path, value, parameter.choices);
  const number = asNumber(value);
  const { min, max, whole = false, unit } = parameter;
  const fits = typeof number === 'number' && number >= min && number <= max && (!whole || Number.isInteger(number));
  if (fits) return number;
  return expect.fail(path, value, `${whole ? 'a whole number' : 'a number'} from ${min} to ${max} ${unit}`.trimEnd());
}

/**
 * The name of a fault.
 * @throws Pm500Error MESSAGE_INVALID
 */
export function parseFaultName(value: unknown): FaultName {
  return expect.choice(
    'fault',
    value,
    [...FAULT_ROWS.values()].map(({ name }) => name),
  );
}

/**
 * A fault by name with its parameters, and `durationMs`; what is left out takes its default.
 * @throws Pm500Error MESSAGE_INVALID, a sentence that names the fault and the parameter
 */
export function parseFault(name: unknown, given: unknown = {}): FaultOrder {
  const known = parseFaultName(name);
  const row = FAULT_ROWS.get(known);
  if (row === undefined || !isRecord(given)) return expect.fail(known, given, 'an object of parameters');
  const parameters: Record<string, number | string> = {};
  for (const parameter of row.parameters) {
    const value = given[parameter.name];
    parameters[parameter.name] =
      value === undefined ? parameter.default : check(`${known}: ${parameter.name}`, parameter, value);
  }
  refuseUnknown(row, given);
  const durationMs = durationOf(row, given['durationMs']);
  return { name: known, row, parameters, ...(durationMs === undefined ? {} : { durationMs }) };
}

function durationOf(row: FaultRow, value: unknown): number | undefined {
  if (value === undefined) return row.durationMs;
  if (row.instant === true) expect.fail(`${row.name}: durationMs`, value, 'no duration, since it is over at once');
  return Number(check(`${row.name}: durationMs`, DURATION, value));
}

function refuseUnknown(row: FaultRow, given: UnknownRecord): void {
  const names = [...row.parameters.map(({ name }) => name), ...(row.instant === true ? [] : ['durationMs'])];
  for (const name of Object.keys(given)) {
    if (names.includes(name) || name === 'durationMs') continue;
    const list = names.length === 0 ? 'no parameters' : `only ${names.join(', ')}`;
    expect.fail(`${row.name}: ${name}`, given[name], list);
  }
}
