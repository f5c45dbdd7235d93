import { CATALOG } from '../metrics/catalog';
import type { Quantity } from '../metrics/measurement';
import type { Sample, Telemetry } from '../domain/messages/telemetry';
import type { Quality } from '../domain/quality/quality';
import { oneLine } from '../support/one-line';

/** Decimal places that say something: those of the display, or of the single-precision number behind it. */
const DECIMALS: Readonly<Partial<Record<Quantity, number>>> = {
  voltage: 2,
  current: 2,
  active_power: 0,
  apparent_power: 0,
  reactive_power: 0,
  power_factor: 3,
  frequency: 3,
  phase_sequence: 0,
  active_energy: 0,
  reactive_energy: 0,
  duration: 2,
};
const DEFAULT_DECIMALS = 3;

const QUANTITIES: ReadonlyMap<string, Quantity> = new Map(CATALOG.map(({ name, quantity }) => [name, quantity]));
const HEADING = ['NAME', 'VALUE', 'UNIT', 'QUALITY', 'PROVENANCE'] as const;

/** A value for people: rounded sensibly, states as words. */
export function formatValue(name: string, { value }: Pick<Sample, 'value'>): string {
  if (value === null || value === '') return '-';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value === 'string') return value;
  const quantity = QUANTITIES.get(name);
  const text = value.toFixed(quantity === undefined ? DEFAULT_DECIMALS : (DECIMALS[quantity] ?? DEFAULT_DECIMALS));
  return /^-0(\.0*)?$/.test(text) ? text.slice(1) : text;
}

/** Colors that every terminal has, by quality (ECMA-48, SGR). */
const COLORS: Readonly<Record<Quality, number>> = { good: 32, uncertain: 33, bad: 31 };
const QUALITY_COLUMN = HEADING.indexOf('QUALITY');

/** What a table shows beside its lines. */
interface TableLook {
  /** The group of each metric; with several of them each has its name above its lines. */
  readonly groups?: ReadonlyMap<string, string>;
  readonly hasColor?: boolean;
}

/** The metrics of a telemetry message as aligned lines: numbers to the right, words to the left. */
export function formatTable(telemetry: Telemetry, { groups = new Map(), hasColor = false }: TableLook = {}): string {
  const samples = Object.entries(telemetry.metrics);
  const rows = samples.map(([name, sample]) => [
    name,
    formatValue(name, sample),
    sample.unit,
    sample.reason === undefined ? sample.quality : `${sample.quality} (${sample.reason})`,
    sample.provenance,
  ]);
  const paint = (cell: string, column: number, row: number): string => {
    const quality = samples[row - 1]?.[1].quality;
    return hasColor && column === QUALITY_COLUMN && quality !== undefined
      ? `\u001b[${COLORS[quality]}m${cell}\u001b[0m`
      : cell;
  };
  const [heading = '', ...lines] = alignColumns([HEADING, ...rows], 1, paint)
    .split('\n')
    .slice(0, -1)
    .map((line) => `${line}\n`);
  const byGroup = new Map<string, string[]>();
  for (const [index, [name]] of samples.entries()) {
    const group = groups.get(name) ?? '';
    byGroup.set(group, [...(byGroup.get(group) ?? []), lines[index] ?? '']);
  }
  if (byGroup.size < 2) return [heading, ...lines].join('');
  return [heading, ...[...byGroup].map(([group, own]) => `${group}:\n${own.join('')}`)].join('');
}

/**
 * Rows of cells as aligned lines.
 * @param rightColumn index of the column of numbers, aligned to the right
 * @param paint gives an aligned cell with what takes no room
 */
export function alignColumns(
  given: readonly (readonly string[])[],
  rightColumn = -1,
  paint = (cell: string, _column: number, _row: number): string => cell,
): string {
  const rows = given.map((row) => row.map(oneLine));
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const align = (cell: string, column: number): string =>
    column === rightColumn ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0);
  return rows
    .map(
      (row, index) =>
        `${row
          .map((cell, column) => paint(align(cell, column), column, index))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
