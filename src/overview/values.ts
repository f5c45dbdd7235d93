import type { Sample, Samples, Telemetry } from '../domain/messages/telemetry';
import { QUALITY_REASONS, worse } from '../domain/quality/quality';
import { displayOf, type DisplayText } from '../domain/shown/display';
import { ALL_METRICS } from '../metrics/derived-metrics';
import type { Metric } from '../metrics/measurement';
import type { OverviewValue, ValueRow } from './rows';

const METRICS: ReadonlyMap<string, Metric> = new Map(ALL_METRICS.map((metric) => [metric.name, metric]));

/** What people look for first; the ones that a meter has are shown. */
const HEADLINES = [
  'active_power_total',
  'voltage_ln_avg',
  'power_factor_total',
  'active_energy_import_total',
  'current_l1',
  'frequency',
] as const;
const MOST_VALUES = 3;

/**
 * A value with its unit as people read it, whatever its kind.
 * @param unit of a metric that is not in the catalog
 */
export function readable(value: Sample['value'], metric: string, unit: Sample['unit'] = ''): DisplayText {
  const known = METRICS.get(metric);
  if (value === null) return { text: '', unit: '' };
  if (typeof value === 'boolean') return { text: value ? 'on' : 'off', unit: '' };
  if (typeof value === 'string') return { text: value, unit: '' };
  return displayOf(value, known?.unit ?? unit, known?.kind ?? 'gauge');
}

/** What a node that judges a meter knows of it. */
export interface KnownValues {
  readonly telemetry: Telemetry;
  /** The node gets no readings of the meter any more. */
  readonly isSilent: boolean;
}

interface Found {
  readonly sample: Sample;
  readonly isSilent: boolean;
}

/** Whether `one` is to be shown rather than `other`: the later one, the one that somebody still renews, the worse one. */
function isBefore(one: Found, other: Found): boolean {
  if (one.sample.timestamp !== other.sample.timestamp) return one.sample.timestamp > other.sample.timestamp;
  if (one.isSilent !== other.isSilent) return other.isSilent;
  const { quality } = one.sample;
  return quality !== other.sample.quality && worse(quality, other.sample.quality) === quality;
}

/** What was read last of a metric, whichever node judges it. */
function newestOf(all: readonly KnownValues[], name: string): Found | undefined {
  let newest: Found | undefined;
  for (const { telemetry, isSilent } of all) {
    const sample = telemetry.metrics[name];
    if (sample === undefined) continue;
    const found = { sample, isSilent };
    if (newest === undefined || isBefore(found, newest)) newest = found;
  }
  return newest;
}

/** Names of the metrics to show: a few headlines, else the first ones that there are. */
function chosenOf(all: readonly Samples[]): readonly string[] {
  const headlines = HEADLINES.filter((name) => all.some((metrics) => metrics[name] !== undefined));
  const names = headlines.length > 0 ? headlines : new Set(all.flatMap((metrics) => Object.keys(metrics)));
  return [...names].slice(0, MOST_VALUES);
}

function shownOf(metric: string, sample: Sample, isSilent: boolean): OverviewValue {
  const { text, unit } = readable(sample.value, metric, sample.unit);
  // What is no longer renewed is as good as it was then, which says nothing of now.
  const isStale = isSilent && sample.quality !== 'bad';
  const { quality, reason = '' } = isStale ? { quality: QUALITY_REASONS.stale.quality, reason: 'stale' } : sample;
  return { metric, label: METRICS.get(metric)?.label ?? metric, text, unit, quality, reason };
}

/**
 * The last values of a meter.
 * @param known of every node that judges the meter: several may share its schedules
 */
export function valueRow(key: string, known: readonly KnownValues[]): ValueRow | undefined {
  if (known.length === 0) return undefined;
  const values: OverviewValue[] = [];
  let readAt = 0;
  for (const name of chosenOf(known.map(({ telemetry }) => telemetry.metrics))) {
    const found = newestOf(known, name);
    if (found === undefined) continue;
    const { sample, isSilent } = found;
    values.push(shownOf(name, sample, isSilent));
    // A failed attempt has a time too, and is no reading.
    if (sample.value !== null) readAt = readAt === 0 ? sample.timestamp : Math.min(readAt, sample.timestamp);
  }
  return { key, values, readAt };
}
