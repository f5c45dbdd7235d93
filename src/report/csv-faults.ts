/** Why a row of a table does not count, in the order in which a report says it. */
export const CSV_FAULTS = [
  'cells',
  'time_unreadable',
  'time_skipped',
  'misaligned',
  'number_unreadable',
  'negative',
  'conflict',
  'repeated',
] as const;
export type CsvFault = (typeof CSV_FAULTS)[number];

export interface CsvFaults {
  readonly fault: CsvFault;
  readonly count: number;
  /** The first of them, counted from 1. */
  readonly line: number;
}
