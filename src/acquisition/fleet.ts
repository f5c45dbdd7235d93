import { METER_TAGS } from '../domain/reading';
import { GROUPS } from '../meter/groups';
import { QUIRKS } from '../meter/quirks';
import { parseCsv } from '../support/csv';
import { Pm500Error, toPm500Error } from '../support/errors';
import { describeValue, isRecord } from '../support/expect';

/** One meter of a fleet as its list has it. */
export interface FleetMeter {
  /** Unique in the list. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly tags: Readonly<Record<string, string>>;
  /** Names of groups.ts. */
  readonly groups: readonly string[];
  readonly intervalMs: number;
}

/** A row that cannot be used; the others can. */
export interface FleetProblem {
  /** Line of the file, or number of the entry of a JSON list, from 1. */
  readonly line: number;
  readonly message: string;
}

export interface Fleet {
  readonly meters: readonly FleetMeter[];
  readonly problems: readonly FleetProblem[];
}

/** What a row may leave out. */
export interface FleetDefaults {
  readonly groups: readonly string[];
  readonly intervalMs: number;
}

/** Every `count`-th meter of a list, beginning with number `index` (1 to `count`). */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

const COLUMNS = ['name', 'host', 'port', ...METER_TAGS, 'groups', 'intervalMs'] as const;
type Row = Readonly<Record<string, unknown>>;

interface NumberedRow {
  readonly line: number;
  readonly row: Row;
}

function rowsOfJson(text: string): readonly NumberedRow[] {
  const list: unknown = JSON.parse(text);
  if (!Array.isArray(list)) throw new Pm500Error('CONFIG_INVALID', 'it holds no list of meters; write [ {...}, ... ].');
  return list.map((entry: unknown, index) => ({ line: index + 1, row: isRecord(entry) ? entry : {} }));
}

function rowsOfCsv(text: string): readonly NumberedRow[] {
  const [heading, ...records] = parseCsv(text);
  const names = heading?.cells ?? [];
  const unknown = names.find((name) => !(COLUMNS as readonly string[]).includes(name));
  if (unknown !== undefined || !names.includes('name') || !names.includes('host')) {
    const what = unknown === undefined ? 'lacks the columns name and host' : `has an unknown column "${unknown}"`;
    throw new Pm500Error('CONFIG_INVALID', `its first line ${what}; the columns are ${COLUMNS.join(', ')}.`);
  }
  return records.map(({ line, cells }) => ({
    line,
    row: Object.fromEntries(names.map((name, index) => [name, cells[index] ?? ''])),
  }));
}

function textOf(row: Row, column: string): string {
  const value = row[column] ?? '';
  if (typeof value === 'string') return value.trim();
  throw new Pm500Error('CONFIG_INVALID', `${column} is ${describeValue(value)}, expected text`);
}

function numberOf(row: Row, column: string, fallback: number, min: number, max: number): number {
  const value = row[column] ?? '';
  if (value === '') return fallback;
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max) return number;
  throw new Pm500Error(
    'CONFIG_INVALID',
    `${column} is ${describeValue(value)}, expected a number from ${min} to ${max}`,
  );
}

function groupsOf(row: Row, fallback: readonly string[]): readonly string[] {
  const value = row['groups'] ?? '';
  const listed: readonly unknown[] =
    typeof value === 'string' ? value.split(/[\s|+]+/) : Array.isArray(value) ? value : [value];
  const names = listed
    .map((name) => (typeof name === 'string' ? name : describeValue(name)))
    .filter((name) => name !== '');
  if (names.length === 0) return fallback;
  const known = GROUPS.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return known.filter((name) => names.includes(name));
  throw new Pm500Error('CONFIG_INVALID', `groups has "${unknown}", expected some of ${known.join(', ')}`);
}

const LONGEST_INTERVAL_MS = 86_400_000;

function meterOf(row: Row, defaults: FleetDefaults): FleetMeter {
  const name = textOf(row, 'name');
  const host = textOf(row, 'host');
  if (name === '' || host === '') throw new Pm500Error('CONFIG_INVALID', `${name === '' ? 'name' : 'host'} is missing`);
  const tags = METER_TAGS.map((tag) => [tag, textOf(row, tag)] as const).filter(([, value]) => value !== '');
  const minimumMs = QUIRKS.minimumReadIntervalMs.value;
  return {
    name,
    host,
    port: numberOf(row, 'port', QUIRKS.enipPort.value, 1, 65_535),
    tags: Object.fromEntries(tags),
    groups: groupsOf(row, defaults.groups),
    intervalMs: numberOf(row, 'intervalMs', defaults.intervalMs, minimumMs, LONGEST_INTERVAL_MS),
  };
}

/**
 * Reads a list of meters: CSV with a heading, or a JSON list of objects with the same names. A row that cannot be used is
 * reported by its line, and the others are taken.
 * @param source what the list is called in sentences, for instance its path
 * @throws Pm500Error CONFIG_INVALID when the list as a whole cannot be read
 */
export function parseFleet(text: string, source: string, defaults: FleetDefaults): Fleet {
  let rows: readonly NumberedRow[];
  try {
    rows = /^\s*[[{]/.test(text) ? rowsOfJson(text) : rowsOfCsv(text);
  } catch (thrown) {
    throw new Pm500Error('CONFIG_INVALID', `Meter list ${source}: ${toPm500Error(thrown).message}`, { cause: thrown });
  }
  const meters: FleetMeter[] = [];
  const problems: FleetProblem[] = [];
  const lines = new Map<string, number>();
  for (const { line, row } of rows) {
    const refuse = (reason: string): void => {
      problems.push({ line, message: `Meter list ${source}, line ${line}: ${reason}; the other meters are read.` });
    };
    try {
      const meter = meterOf(row, defaults);
      const before = lines.get(meter.name);
      if (before === undefined) {
        lines.set(meter.name, line);
        meters.push(meter);
      } else refuse(`the name "${meter.name}" stands in line ${before} already`);
    } catch (thrown) {
      refuse(toPm500Error(thrown).message);
    }
  }
  return { meters, problems };
}

/**
 * Reads "2/3": the second of three parts.
 * @throws Pm500Error CONFIG_INVALID
 */
export function parseShard(text: string): Shard {
  const match = /^\s*(\d{1,4})\s*\/\s*(\d{1,4})\s*$/.exec(text);
  const index = Number(match?.[1]);
  const count = Number(match?.[2]);
  if (match !== null && index >= 1 && index <= count) return { index, count };
  throw new Pm500Error(
    'CONFIG_INVALID',
    `Shard is ${describeValue(text)}, expected i/n like 1/3 for the first of three.`,
  );
}

/** The meters of one part, so that several Node-RED instances share a list; parts do not overlap and miss none. */
export function takeShard<Item>(items: readonly Item[], { index, count }: Shard): readonly Item[] {
  return items.filter((_, position) => position % count === index - 1);
}
