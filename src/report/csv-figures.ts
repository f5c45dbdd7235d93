import type { CsvLoad } from './read-csv';
import type { ReportNote } from './notes';
import type { ReportTimes } from './report-times';
import { ENERGY_KEYS, QUARTER_MS } from './load-profile';
import type { StoredFigures } from './stored-figures';

const MINUTE_MS = 60_000;

/** What a file says of a meter; nothing of supply, alarms and counters, which it has not. */
export function csvFigures(load: CsvLoad, meter: string, { period, around, yearBefore }: ReportTimes): StoredFigures {
  const quarters = load.meters.get(meter);
  const known = ENERGY_KEYS.filter(
    (key) => load.known.includes(key) || (load.signed.includes(key) && quarters?.negatives.has(key) === true),
  );
  return {
    meter,
    quarters: quarters?.quarters(around, known) ?? [],
    demands: [],
    yearBefore: { quarters: quarters?.quarters(yearBefore, known) ?? [], demands: [] },
    supply: [],
    counterSteps: [],
    counterMarks: [],
    missing: new Map(),
    alarms: [],
    file: { partial: quarters?.partial(period) ?? 0, stepMinutes: load.stepMs / MINUTE_MS },
  };
}

/** What is to be said of the rows of a file. */
export function csvNotes({ faults, stepMs }: CsvLoad): readonly ReportNote[] {
  const interval: readonly ReportNote[] =
    stepMs > QUARTER_MS ? [{ code: 'csv_interval', minutes: stepMs / MINUTE_MS }] : [];
  return [...interval, ...faults.map((each) => ({ code: 'csv_rows', ...each }) as const)];
}
