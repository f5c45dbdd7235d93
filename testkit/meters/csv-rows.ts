import type { ReportModel } from '../../src/report/model';
import { csvReport, type CsvReportOptions } from './csv-report';

export const MINUTE_MS = 60_000;
export const CSV_HEAD = 'interval_start,active_energy_kwh,reactive_energy_lagging_kvarh';

const clocks = new Map<string, Intl.DateTimeFormat>();
/** What a clock of a zone shows, by the data of Node.js and not by ours. */
export function clock(timeMs: number, timeZone: string): string {
  const found =
    clocks.get(timeZone) ?? new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  clocks.set(timeZone, found);
  return found.format(timeMs);
}

/** Rows of a month from its first midnight on, each with the same energies. */
export function csvRows(
  fromMs: number,
  toMs: number,
  timeZone: string,
  stepMinutes = 15,
  cells: (place: number) => string = () => '1,0.5',
): string[] {
  const count = (toMs - fromMs) / (stepMinutes * MINUTE_MS);
  return Array.from(
    { length: count },
    (_, place) => `${clock(fromMs + place * stepMinutes * MINUTE_MS, timeZone)},${cells(place)}`,
  );
}

export const BERLIN = 'Europe/Berlin';
export const OCTOBER = [Date.parse('2026-10-01T00:00:00+02:00'), Date.parse('2026-11-01T00:00:00+01:00')] as const;
export const MARCH = [Date.parse('2026-03-01T00:00:00+01:00'), Date.parse('2026-04-01T00:00:00+02:00')] as const;
export const JUNE = [Date.parse('2026-06-01T00:00:00+02:00'), Date.parse('2026-07-01T00:00:00+02:00')] as const;

export const csvTable = (rows: readonly string[], head = CSV_HEAD): string => [head, ...rows].join('\n');
export const noteCodes = ({ notes, meters }: ReportModel): readonly string[] =>
  [...notes, ...meters.flatMap((meter) => meter.notes)].map((note) =>
    note.code === 'csv_rows' ? `${note.fault} ${note.count} ${note.line}` : note.code,
  );
export const loadOf = ({ meters: [meter] }: ReportModel): readonly (number | undefined)[] => {
  const found = meter?.figures;
  return [found?.energies.activeImport, found?.coverage, found?.peak?.watts];
};
export const berlinReport = async (text: string, month: string, options?: CsvReportOptions): Promise<ReportModel> =>
  (await csvReport(text, BERLIN, month, options)).model;
