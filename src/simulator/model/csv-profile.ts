import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Pm500Error } from '../../support/errors';
import { readTextFile } from '../../support/read-text-file';
import { describeValue } from '../../support/expect';
import { LOAD_INTERVAL_MS, type LoadEnergy, type LoadProfile } from './load-profile';
import { DEFAULT_START_MS } from './plain-profiles';
import { repeatingProfile } from './repeating-profile';

/** Columns of a recorded load, in order; see data/README.md. */
const COLUMNS = [
  'interval_start',
  'active_energy_kwh',
  'reactive_energy_lagging_kvarh',
  'reactive_energy_leading_kvarh',
  'power_factor_lagging_pct',
  'power_factor_leading_pct',
] as const;

/** The recorded plant year that ships with the package. */
const SHIPPED_FILE = 'steel-plant-2018.csv';
/** More than this in a quarter of an hour, in kWh or kvarh, is no load a meter of this kind could carry. */
const MAXIMUM_ENERGY = 2_500_000;
const VARIATION = 0.06;

/** Where a table is wrong, for the sentence of an error. */
interface Place {
  readonly fileName: string;
  readonly line: number;
}

function fail(place: Place, column: string, problem: string): never {
  throw new Pm500Error(
    'PROFILE_INVALID',
    `Load file ${place.fileName}, line ${place.line}, column ${column}: ${problem}; correct the file or choose another.`,
  );
}

function parseStart(place: Place, cell: string): number {
  const startMs = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:00)?Z?$/.test(cell)
    ? Date.parse(cell.endsWith('Z') ? cell : `${cell}Z`)
    : Number.NaN;
  if (Number.isNaN(startMs)) {
    fail(place, COLUMNS[0], `${describeValue(cell)} is no time such as 2018-01-01T00:15`);
  }
  return startMs;
}

function parseAmount(place: Place, column: string, cell: string, maximum: number): number {
  const value = /^\d+(\.\d+)?(e[+-]?\d+)?$/i.test(cell) ? Number(cell) : Number.NaN;
  if (!(value <= maximum)) fail(place, column, `${describeValue(cell)} is no number from 0 to ${maximum}`);
  return value;
}

/** Kilo units to units; the file has two decimals, so that what is left of binary fractions is rounded away. */
function fromKilo(value: number): number {
  return Math.round(value * 1e6) / 1e3;
}

function parseRow(place: Place, text: string): { startMs: number; energy: LoadEnergy } {
  const cells = text.split(',').map((cell) => cell.trim());
  if (cells.length !== COLUMNS.length) {
    const column = COLUMNS[Math.min(cells.length, COLUMNS.length - 1)] ?? COLUMNS[0];
    fail(place, column, `the line has ${cells.length} cells instead of ${COLUMNS.length}`);
  }
  const amount = (index: number, maximum: number): number =>
    parseAmount(place, COLUMNS[index] ?? '', cells[index] ?? '', maximum);
  // Power factors follow from the energies; they are checked so that a shifted column does not go unnoticed.
  amount(4, 100);
  amount(5, 100);
  return {
    startMs: parseStart(place, cells[0] ?? ''),
    energy: {
      activeImportWh: fromKilo(amount(1, MAXIMUM_ENERGY)),
      activeExportWh: 0,
      reactiveImportVarh: fromKilo(amount(2, MAXIMUM_ENERGY)),
      reactiveExportVarh: fromKilo(amount(3, MAXIMUM_ENERGY)),
    },
  };
}

/**
 * Reads a recorded load: 15-minute intervals, one a line, without gaps; after the last the first follows again.
 * @param fileName for the sentences of errors
 * @throws Pm500Error PROFILE_INVALID naming line and column
 */
export function parseCsvProfile(text: string, fileName: string): LoadProfile {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  while (lines.at(-1)?.trim() === '') lines.pop();
  const heading = (lines[0] ?? '').split(',').map((cell) => cell.trim());
  COLUMNS.forEach((column, index) => {
    if (heading[index] === column) return;
    // Not quoted: it may be the first line of another file.
    fail(
      { fileName, line: 1 },
      column,
      `the heading has ${heading[index] === undefined ? 'nothing' : 'another word'} there`,
    );
  });
  const intervals: LoadEnergy[] = [];
  let firstStartMs = 0;
  for (const [index, row] of lines.slice(1).entries()) {
    const place = { fileName, line: index + 2 };
    const { startMs, energy } = parseRow(place, row);
    if (index === 0) firstStartMs = startMs;
    if (startMs % LOAD_INTERVAL_MS !== 0)
      fail(place, COLUMNS[0], 'the interval does not begin at a quarter of an hour');
    if (startMs !== firstStartMs + index * LOAD_INTERVAL_MS) {
      fail(place, COLUMNS[0], 'the interval does not begin 15 minutes after the one before');
    }
    intervals.push(energy);
  }
  if (intervals.length === 0) fail({ fileName, line: 2 }, COLUMNS[0], 'the file holds no interval');
  return repeatingProfile({
    description: `recorded load ${fileName}`,
    intervals,
    firstStartMs,
    startMs: firstStartMs,
    variation: VARIATION,
  });
}

/** The data folder of the package, beside src when run from the sources, beside dist when built. */
function shippedPath(): string {
  const places = ['../../..', '../../../..'].map((root) => join(__dirname, root, 'data', SHIPPED_FILE));
  return places.find((place) => existsSync(place)) ?? join('data', SHIPPED_FILE);
}

const parsed = new Map<string, LoadProfile>();

/** Years of minutes: the shipped year of quarter hours has 1.4 MB. */
const MAXIMUM_BYTES = 256 * 1024 * 1024;

/**
 * Reads a recorded load from a file.
 * @param path empty for the plant year that ships with the package, which begins on a working morning
 * @throws Pm500Error PROFILE_INVALID
 */
export function loadCsvProfile(path = ''): LoadProfile {
  const file = path === '' ? shippedPath() : path;
  const text = readTextFile(file, 'Load file', 'PROFILE_INVALID', MAXIMUM_BYTES);
  if (path !== '') return parseCsvProfile(text, file);
  // Many meters of one process carry the shipped year; it never changes while the process runs.
  const profile = parsed.get(file) ?? { ...parseCsvProfile(text, SHIPPED_FILE), startMs: DEFAULT_START_MS };
  parsed.set(file, profile);
  return profile;
}
