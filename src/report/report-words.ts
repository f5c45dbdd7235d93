import type { ReportNote } from './notes';
import type { ReportPeriod } from './period';

/** Words that stand alone: headings, rows of tables, names of states. */
export type WordKey =
  | 'energyReport'
  | 'site'
  | 'meters'
  | 'zone'
  | 'made'
  | 'whole'
  | 'figure'
  | 'before'
  | 'yearBefore'
  | 'change'
  | 'activeImport'
  | 'activeExport'
  | 'reactiveImport'
  | 'reactiveExport'
  | 'peak'
  | 'peakAt'
  | 'mean'
  | 'average'
  | 'loadFactor'
  | 'powerFactor'
  | 'compensation'
  | 'cost'
  | 'coverage'
  | 'read'
  | 'known'
  | 'days'
  | 'day'
  | 'load'
  | 'duration'
  | 'durationAxis'
  | 'tariff'
  | 'level'
  | 'energy'
  | 'price'
  | 'ofIt'
  | 'supply'
  | 'phase'
  | 'least'
  | 'greatest'
  | 'when'
  | 'within'
  | 'voltageUnbalance'
  | 'currentUnbalance'
  | 'frequency'
  | 'voltage'
  | 'alarms'
  | 'alarm'
  | 'severity'
  | 'raised'
  | 'first'
  | 'last'
  | 'atEnd'
  | 'active'
  | 'ended'
  | 'noAlarms'
  | 'gaps'
  | 'from'
  | 'to'
  | 'state'
  | 'missing'
  | 'estimated'
  | 'missingValues'
  | 'reason'
  | 'count'
  | 'notes'
  | 'none'
  | 'total'
  | 'notSummed'
  | 'indicative'
  | 'method'
  | 'uncertain'
  | 'good'
  | 'quality';

/** How figures are written. */
export interface Shown {
  readonly number: (value: number, decimals?: number) => string;
  /** Date and time by the clocks of the site. */
  readonly time: (timeMs: number) => string;
  readonly date: (timeMs: number) => string;
}

export interface ReportWords {
  /** For the formats of numbers and dates. */
  readonly locale: string;
  readonly words: Readonly<Record<WordKey, string>>;
  readonly severities: Readonly<Record<string, string>>;
  /** What the period is called, `October 2026`. @param month its name with the year */
  readonly periodName: (period: ReportPeriod, month: string, from: string, to: string) => string;
  /** One sentence: what it is, what it means for the figures, what to do. */
  readonly note: (note: ReportNote, shown: Shown) => string;
  /** How figures are worked out, one sentence each. */
  readonly method: readonly string[];
}
