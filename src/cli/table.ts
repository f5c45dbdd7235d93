import { CATALOG } from '../metrics/catalog';
import type { Quantity } from '../metrics/measurement';
import type { Sample, Telemetry } from '../domain/messages/telemetry';

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

/** The metrics of a telemetry message as aligned lines: numbers to the right, words to the left. */
export function formatTable(telemetry: Telemetry): string {
  const rows = Object.entries(telemetry.metrics).map(([name, sample]) => [
    name,
    formatValue(name, sample),
    sample.unit,
    sample.reason === undefined ? sample.quality : `${sample.quality} (${sample.reason})`,
    sample.provenance,
  ]);
  return alignColumns([HEADING, ...rows], 1);
}

/** Rows of cells as aligned lines. @param rightColumn index of the column of numbers, aligned to the right */
export function alignColumns(rows: readonly (readonly string[])[], rightColumn = -1): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const align = (cell: string, column: number): string =>
    column === rightColumn ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0);
  return rows.map((row) => `${row.map(align).join('  ').trimEnd()}\n`).join('');
}
