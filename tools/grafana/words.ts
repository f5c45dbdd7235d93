/** Words that several panels use. */
export const READ_DOCS = 'values.md#read-from-the-meter';
export const KPI_DOCS = 'kpis.md#kpis';
export const ENERGY_DOCS = 'kpis.md#energy-since-the-last-reading';
export const QUALITY_DOCS = 'values.md#why-a-value-is-not-good';
export const TARIFF_DOCS = 'kpis.md#tariff-calendar';
export const ALARM_DOCS = 'alarms.md';
export const METRICS_DOCS = 'fleet.md';
export const GATEWAY_DOCS = 'fleet.md#diagnostics';
export const LOSS_DOCS = 'influxdb.md#what-is-lost-and-when';
/** Of all dashboards. */
export const DASHBOARD_DOCS = 'dashboards.md';

export const NOTHING_READ = 'Nothing good was read in this time';
export const NO_KPI = 'Not worked out: switch the KPI on in pm500-normalize';
export const NO_TIER = 'Nothing summed up in this time: does pm500 influx rollup run?';

/** Totals over meters are the reader's choice, as only the reader knows which feeders are behind which incomer. */
export const ONCE = 'Choose meters that are not behind each other, or energy counts twice.';
export const GOOD_ONLY = 'Bad values are in no mean.';

/** What is said to be of now is not older than this; values that are reported by exception come every five minutes. */
export const NOW = '15m';
/** What is told once in a demand window, or once in a quarter of an hour of a tier. */
export const LATELY = '2h';
