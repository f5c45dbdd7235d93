import { Pm500Error } from '../support/errors';
import { describeValue } from '../support/expect';
import { ENERGY_KEYS, type EnergyKey } from './load-profile';

/** What the first line of a table says of the others. */
export interface CsvColumns {
  readonly separator: string;
  readonly count: number;
  /** Place of the time of an interval, and which end of it that is. */
  readonly time: { readonly place: number; readonly isEnd: boolean };
  /** Place of the name of the meter; absent where all rows are of one. */
  readonly meter?: number;
  readonly energies: readonly EnergyColumn[];
}

export interface EnergyColumn {
  readonly place: number;
  readonly key: EnergyKey;
  /** Where what is negative goes to; absent where nothing may be negative. */
  readonly negative?: EnergyKey;
  /** Wh or varh of one of its unit. */
  readonly factor: number;
}

interface ColumnName {
  readonly name: string;
  readonly key: EnergyKey;
  readonly negative?: EnergyKey;
  readonly unit: 'wh' | 'varh';
}

/** Without the unit. Lagging is the inductive side, which a load that imports active energy takes; leading the other one. */
const ENERGY_NAMES: readonly ColumnName[] = [
  { name: 'active_energy', key: 'activeImport', negative: 'activeExport', unit: 'wh' },
  { name: 'active_energy_import', key: 'activeImport', unit: 'wh' },
  { name: 'active_energy_export', key: 'activeExport', unit: 'wh' },
  { name: 'reactive_energy', key: 'reactiveImport', negative: 'reactiveExport', unit: 'varh' },
  { name: 'reactive_energy_import', key: 'reactiveImport', unit: 'varh' },
  { name: 'reactive_energy_lagging', key: 'reactiveImport', unit: 'varh' },
  { name: 'reactive_energy_export', key: 'reactiveExport', unit: 'varh' },
  { name: 'reactive_energy_leading', key: 'reactiveExport', unit: 'varh' },
];
const PREFIXES = [
  ['', 1],
  ['k', 1000],
  ['m', 1e6],
] as const;

const COLUMNS: ReadonlyMap<string, Omit<EnergyColumn, 'place'>> = new Map(
  ENERGY_NAMES.flatMap(({ name, unit, ...column }) =>
    PREFIXES.map(([prefix, factor]) => [`${name}_${prefix}${unit}`, { ...column, factor }] as const),
  ),
);

const START = 'interval_start';
const END = 'interval_end';
const SEPARATORS = [';', '\t', ','] as const;

/** @throws Pm500Error CONFIG_INVALID, always */
export function failFile(name: string, sentence: string): never {
  throw new Pm500Error('CONFIG_INVALID', `The file ${name} ${sentence}`);
}

/** Cells of a line; quotes around a cell are taken off, two of them inside stand for one. */
export function cellsOf(line: string, separator: string): readonly string[] {
  if (!line.includes('"')) return line.split(separator);
  const cells: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (let place = 0; place < line.length; place += 1) {
    const mark = line[place] ?? '';
    if (mark === '"' && isQuoted && line[place + 1] === '"') {
      cell += mark;
      place += 1;
    } else if (mark === '"') isQuoted = !isQuoted;
    else if (mark === separator && !isQuoted) {
      cells.push(cell);
      cell = '';
    } else cell += mark;
  }
  return [...cells, cell];
}

/**
 * @param line the first one of the table
 * @throws Pm500Error CONFIG_INVALID where it names no time or no active energy, or one of them twice
 */
export function columnsOf(line: string, name: string): CsvColumns {
  const separator = SEPARATORS.find((each) => line.includes(each)) ?? ',';
  const names = cellsOf(line, separator).map((cell) => cell.trim().toLowerCase());
  const energies = names.flatMap((column, place) => {
    const found = COLUMNS.get(column);
    return found === undefined ? [] : [{ ...found, place }];
  });
  const place = [START, END].map((each) => names.indexOf(each)).find((each) => each >= 0);
  if (place === undefined)
    return failFile(
      name,
      `has no column ${START} or ${END} in its first line, which is ${describeValue(line)}; docs/report.md says what columns are called.`,
    );
  if (!energies.some(({ key }) => key === 'activeImport'))
    return failFile(
      name,
      `has no column of active energy, such as active_energy_kwh or active_energy_import_kwh; docs/report.md says what columns are called.`,
    );
  const keys = energies.flatMap(({ key, negative }) => (negative === undefined ? [key] : [key, negative]));
  const twice = ENERGY_KEYS.find((key) => keys.filter((each) => each === key).length > 1);
  if (
    twice !== undefined ||
    new Set(names.filter((each) => each !== '')).size < names.filter((each) => each !== '').length
  )
    return failFile(name, 'has two columns for the same energy or of the same name; leave one of them.');
  const meter = names.indexOf('meter');
  return {
    separator,
    count: names.length,
    time: { place, isEnd: names[place] === END },
    ...(meter < 0 ? {} : { meter }),
    energies,
  };
}
