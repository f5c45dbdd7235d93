import { CATALOG } from '../../metrics/catalog';
import type { MetricKind, Provenance } from '../../metrics/measurement';
import type { Reading } from '../messages/reading';
import type { Sample } from '../messages/telemetry';
import { normalizeReading } from '../quality/normalize';
import { displayOf, type DisplayText } from './display';

/** One value of a meter as a person looks at it. */
export interface ShownValue {
  /** Name of the group that it is read with. */
  readonly group: string;
  readonly metric: string;
  readonly label: string;
  /** Empty where there is no value. */
  readonly value: string;
  readonly unit: string;
  readonly quality: Sample['quality'];
  /** Why the quality is not good; empty where it is. */
  readonly reason: string;
  readonly provenance: Provenance;
  /** When it was read, epoch milliseconds UTC. */
  readonly timestamp: number;
}

const METRICS = new Map(CATALOG.map((metric) => [metric.name, metric]));

function show({ value, unit }: Sample, kind: MetricKind): DisplayText {
  if (value === null) return { text: '', unit };
  if (typeof value === 'boolean') return { text: value ? 'on' : 'off', unit };
  if (typeof value === 'string') return { text: value, unit };
  return displayOf(value, unit, kind);
}

/**
 * What a reading says, value by value, judged as `pm500-normalize` judges it.
 * @param order names of groups, what a person looks for first in front
 */
export function shownValues(reading: Reading, nowMs: number, order: readonly string[]): readonly ShownValue[] {
  const { metrics } = normalizeReading(reading, { nowMs });
  const groups = new Map<string, string>();
  for (const { group, provenance } of reading.blocks)
    for (const name of Object.keys(provenance)) groups.set(name, group);
  const shown = Object.entries(metrics).map(([metric, sample]): ShownValue => {
    const known = METRICS.get(metric) ?? reading.definitions?.find(({ name }) => name === metric);
    const { text, unit } = show(sample, known?.kind ?? 'gauge');
    const { quality, reason = '', provenance, timestamp } = sample;
    return {
      group: groups.get(metric) ?? '',
      metric,
      label: known?.label ?? metric,
      value: text,
      unit,
      quality,
      reason,
      provenance,
      timestamp,
    };
  });
  return shown.sort((left, right) => order.indexOf(left.group) - order.indexOf(right.group));
}
