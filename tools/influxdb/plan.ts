import { CATALOG } from '../../src/metrics/catalog';
import { DERIVED_METRICS } from '../../src/metrics/derived-metrics';
import type { Metric } from '../../src/metrics/measurement';
import { kpiMeasurement } from '../../src/influx/mapping';
import { DEFAULTS } from '../../nodes/shared/forms';

/** One step of downsampling: how long points are kept, and over how long they are summed up. */
export interface Tier {
  /** Also the name of the v1 retention policy, and the end of the name of the v2 bucket and the v3 table. */
  readonly name: string;
  /** A duration as InfluxQL and Flux write it; absent for what is written as it comes. */
  readonly every?: string;
  /** The same for SQL. */
  readonly interval?: string;
  /** 0 forever. */
  readonly keepDays: number;
  /** How far back windows are worked out again: points that waited in an outbox come late. */
  readonly again?: string;
}

/** Database of InfluxDB 1 and 3, and the beginning of the names of v2 buckets. */
export const DATABASE = 'energy';

const RAW: Tier = { name: 'raw', keepDays: 30 };
export const SUMMARIES: readonly Required<Tier>[] = [
  { name: '1m', every: '1m', interval: '1 minute', keepDays: 90, again: '1h' },
  { name: '15m', every: '15m', interval: '15 minutes', keepDays: 1095, again: '1d' },
  { name: '1d', every: '1d', interval: '1 day', keepDays: 0, again: '7d' },
];
export const TIERS: readonly Tier[] = [RAW, ...SUMMARIES];

/** How many values of one window become one; also the end of the name of the field. */
export type Aggregate = 'mean' | 'min' | 'max' | 'last' | 'spread' | 'sum';

/**
 * - gauges: mean, min, max; a maximum since reset only its last value, a demand mean and max
 * - counters: last and max (they differ where the counter was reset in the window), and spread: what was counted
 * - energy since the last reading: its sum; figures of a calendar period, states and texts: the last
 */
export function aggregatesOf({ kind, statistic }: Metric): readonly Aggregate[] {
  if (kind === 'counter') return ['last', 'max', 'spread'];
  if (kind !== 'gauge') return ['last'];
  if (statistic === 'instant') return ['mean', 'min', 'max'];
  if (statistic === 'demand') return ['mean', 'max'];
  return [statistic === 'delta' ? 'sum' : 'last'];
}

/** One measurement of InfluxDB, and the metrics that are its fields. */
export interface Source {
  readonly influxMeasurement: string;
  readonly metrics: readonly Metric[];
}

const { influxMeasurement } = DEFAULTS['influx-out'];
export const SOURCES: readonly Source[] = [
  { influxMeasurement, metrics: CATALOG },
  { influxMeasurement: kpiMeasurement(influxMeasurement), metrics: DERIVED_METRICS },
];

/** Tags of the wide shape, of series that may be summed up together. */
export const SERIES_TAGS: readonly string[] = ['site', 'area', 'line', 'asset', 'meter', 'quality'];

/** First line of every file. */
export const GENERATED =
  'Generated from the meter table by tools/influxdb; do not edit: npx tsx tools/influxdb/main.ts';
