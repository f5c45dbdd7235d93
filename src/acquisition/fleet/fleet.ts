import type { MeterModel } from '../../meters/meter-model';
import { parseCsv } from '../../support/csv';
import { Pm500Error, toPm500Error } from '../../support/errors';
import { describeJsonFault } from '../../support/json-fault';
import { isNestedDeeper } from '../../support/json-nesting';
import { describeValue, isRecord, type UnknownRecord } from '../../support/expect';
import { parseFleetRow, type FleetDefaults, type FleetMeter } from './fleet-row';
import { fleetColumns } from './fleet-rows';

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

/** Every `count`-th meter of a list, beginning with number `index` (1 to `count`). */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** Larger plants have several lists. */
const MOST_METERS = 10_000;
/** One more is enough to know that there are too many. */
const MOST_ROWS = MOST_METERS + 1;
/** Lists and objects within each other; a meter has two. */
const MOST_NESTING = 16;
/** Problems that are told one by one. */
const MOST_PROBLEMS = 100;

interface NumberedRow {
  readonly line: number;
  readonly row: UnknownRecord;
}

function numberRows(list: readonly unknown[]): readonly NumberedRow[] {
  return list.slice(0, MOST_ROWS).map((entry, index) => ({ line: index + 1, row: isRecord(entry) ? entry : {} }));
}

function rowsOfJson(text: string): readonly NumberedRow[] {
  if (isNestedDeeper(text, MOST_NESTING))
    throw new Pm500Error('CONFIG_INVALID', 'its brackets stand within each other too deep; write [ {...}, ... ].');
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (thrown) {
    throw new Pm500Error('CONFIG_INVALID', `${describeJsonFault(thrown, text)}; correct it, or write CSV.`);
  }
  if (Array.isArray(list)) return numberRows(list);
  throw new Pm500Error('CONFIG_INVALID', 'it holds no list of meters; write [ {...}, ... ].');
}

function rowsOfCsv(columns: readonly string[], text: string): readonly NumberedRow[] {
  const [heading, ...records] = parseCsv(text, MOST_ROWS + 1);
  const names = heading?.cells ?? [];
  // Known names only, each once, so that a row is no larger than a meter.
  const wrong = names.findIndex(
    (name, index) => index >= columns.length || !columns.includes(name) || names.indexOf(name) !== index,
  );
  if (wrong !== -1 || !names.includes('name') || !names.includes('host')) {
    // Not quoted: it may be the first line of another file.
    const what =
      wrong === -1 ? 'lacks the columns name and host' : `has an unknown or second column at place ${wrong + 1}`;
    throw new Pm500Error('CONFIG_INVALID', `its first line ${what}; the columns are ${columns.join(', ')}.`);
  }
  return records.map(({ line, cells }) => ({
    line,
    row: Object.fromEntries(names.map((name, index) => [name, cells[index] ?? ''])),
  }));
}

/** Refuses what does not belong into a row, most likely a misspelled column. */
function checkColumns(columns: readonly string[], row: UnknownRecord): void {
  // What is no meter at all may come out of another file, of which nothing is told.
  if (!('name' in row || 'host' in row)) throw new Pm500Error('CONFIG_INVALID', 'it has neither name nor host');
  const unknown = Object.keys(row).find((name) => !columns.includes(name));
  if (unknown === undefined) return;
  throw new Pm500Error(
    'CONFIG_INVALID',
    `${describeValue(unknown)} belongs into no meter, which has only ${columns.join(', ')}`,
  );
}

function parseRows(model: MeterModel, rows: readonly NumberedRow[], source: string, defaults: FleetDefaults): Fleet {
  if (rows.length > MOST_METERS) {
    const message = `Meter list ${source} has more than ${MOST_METERS} meters; split it.`;
    throw new Pm500Error('CONFIG_INVALID', message);
  }
  const columns = fleetColumns(model);
  const meters: FleetMeter[] = [];
  let untold = 0;
  const problems: FleetProblem[] = [];
  const lines = new Map<string, number>();
  for (const { line, row } of rows) {
    const refuse = (reason: string): void => {
      if (problems.length >= MOST_PROBLEMS) untold += 1;
      else
        problems.push({ line, message: `Meter list ${source}, line ${line}: ${reason}; the other meters are read.` });
    };
    try {
      checkColumns(columns, row);
      const meter = parseFleetRow(model, row, defaults);
      const before = lines.get(meter.name);
      if (before === undefined) {
        lines.set(meter.name, line);
        meters.push(meter);
      } else refuse(`the name "${meter.name}" stands in line ${before} already`);
    } catch (thrown) {
      refuse(toPm500Error(thrown).message);
    }
  }
  if (untold > 0) {
    const message = `Meter list ${source}: ${untold} more lines cannot be used; correct the others first.`;
    problems.push({ line: 0, message });
  }
  return { meters, problems };
}

/**
 * Reads a list of meters: CSV with a heading, or a JSON list of objects with the same names. A row that cannot be used is
 * reported by its line, and the others are taken.
 * @param source what the list is called in sentences, for instance its path
 * @throws Pm500Error CONFIG_INVALID when the list as a whole cannot be read
 */
export function parseFleet(model: MeterModel, text: string, source: string, defaults: FleetDefaults): Fleet {
  let rows: readonly NumberedRow[];
  try {
    rows = /^\s*[[{]/.test(text) ? rowsOfJson(text) : rowsOfCsv(fleetColumns(model), text);
  } catch (thrown) {
    throw new Pm500Error('CONFIG_INVALID', `Meter list ${source}: ${toPm500Error(thrown).message}`, { cause: thrown });
  }
  return parseRows(model, rows, source, defaults);
}

/** Reads a list that stands in the settings of a node; its entries are numbered from 1. */
export function parseFleetEntries(
  model: MeterModel,
  entries: readonly unknown[],
  source: string,
  defaults: FleetDefaults,
): Fleet {
  return parseRows(model, numberRows(entries), source, defaults);
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
