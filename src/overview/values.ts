import type { Sample, Samples, Telemetry } from '../domain/messages/telemetry';
import { QUALITY_REASONS } from '../domain/quality/quality';
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

/** What was read last of a metric, whichever node judges it. */
function newestOf(all: readonly Samples[], name: string): Sample | undefined {
  let newest: Sample | undefined;
  for (const { [name]: sample } of all)
    if (sample !== undefined && !(newest !== undefined && newest.timestamp >= sample.timestamp)) newest = sample;
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
 * @param telemetry of every node that judges the meter: several may share its schedules
 * @param isSilent no node gets readings of it any more
 */
export function valueRow(key: string, telemetry: readonly Telemetry[], isSilent = false): ValueRow | undefined {
  if (telemetry.length === 0) return undefined;
  const newestFirst = [...telemetry].sort((left, right) => right.timestamp - left.timestamp);
  const all = newestFirst.map(({ metrics }) => metrics);
  const values: OverviewValue[] = [];
  let readAt = 0;
  for (const name of chosenOf(all)) {
    const sample = newestOf(all, name);
    if (sample === undefined) continue;
    values.push(shownOf(name, sample, isSilent));
    // A failed attempt has a time too, and is no reading.
    if (sample.value !== null) readAt = Math.max(readAt, sample.timestamp);
  }
  return { key, values, readAt };
}
