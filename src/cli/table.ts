import { CATALOGUE } from '../meter/catalogue';
import type { Quantity } from '../meter/measurement';
import type { Sample, Telemetry } from '../domain/telemetry';

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

const QUANTITIES: ReadonlyMap<string, Quantity> = new Map(CATALOGUE.map(({ name, quantity }) => [name, quantity]));
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
  const widths = HEADING.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === 1 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return `${[HEADING, ...rows].map(line).join('\n')}\n`;
}
