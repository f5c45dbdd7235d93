import type { Unit } from '../../src/metrics/measurement';

/** Units of a panel that are not those of a metric. */
export type PanelUnit = Unit | 's' | 'bytes' | 'share' | 'count' | 'per second' | 'degree' | 'state' | 'min' | 'month';

/** What Grafana calls a unit. `si:` gives one that it does not know prefixes, `suffix:` writes it behind the number. */
const GRAFANA_UNITS: Readonly<Record<PanelUnit, string>> = {
  V: 'volt',
  A: 'amp',
  W: 'watt',
  VA: 'voltamp',
  var: 'voltampreact',
  Hz: 'suffix: Hz',
  Wh: 'watth',
  varh: 'si:varh',
  h: 'suffix: h',
  '%': 'percent',
  kg: 'masskg',
  ms: 'dateTimeAsIso',
  currency: 'suffix: of the currency of the tariff',
  '': 'none',
  s: 's',
  bytes: 'bytes',
  share: 'percentunit',
  count: 'none',
  'per second': 'suffix: /s',
  degree: 'degree',
  state: 'none',
  min: 'suffix: min',
  // Of a time: the month that it is in.
  month: 'time:MMMM YYYY',
};

export const grafanaUnit = (unit: PanelUnit): string => GRAFANA_UNITS[unit];
