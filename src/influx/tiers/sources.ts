import { QUALITY_REASONS } from '../../domain/quality/quality';
import { CATALOG } from '../../metrics/catalog';
import { DERIVED_METRICS, tariffMetrics } from '../../metrics/derived-metrics';
import type { Metric } from '../../metrics/measurement';
import { splitPhase } from '../../metrics/phases';
import { alarmMeasurement } from '../alarm-points';
import { kpiMeasurement, QUALITY_FIELD } from '../mapping';
import { badField } from '../points';
import { aggregatesOf, type Aggregate } from './aggregates';

/** A field of the raw points, and what the tiers keep of it. */
export interface SourceField {
  readonly field: string;
  readonly type: Metric['influxType'];
  readonly aggregates: readonly Aggregate[];
}

/** A measurement of raw points. The tiers have one of the same name, with the same tags. */
export interface Source {
  readonly influxMeasurement: string;
  readonly fields: readonly SourceField[];
}

const fieldOf = (metric: Metric, field = metric.name): SourceField => ({
  field,
  type: metric.influxType,
  aggregates: aggregatesOf(metric),
});

/** Fields of points tagged with a phase: metrics of one quantity, statistic and kind share one. */
function longFields(): readonly SourceField[] {
  const fields = new Map<string, SourceField>();
  for (const metric of CATALOG) {
    const { base, phase } = splitPhase(metric.name);
    if (phase !== undefined) fields.set(base, fieldOf(metric, base));
  }
  return [...fields.values()];
}

/** How many values were missing, by reason; and the worst quality of a point where that is a field. */
function qualityFields(): readonly SourceField[] {
  const bad = Object.entries(QUALITY_REASONS).flatMap(([reason, { quality }]) => (quality === 'bad' ? [reason] : []));
  return [
    ...[...bad, undefined].map((reason): SourceField => ({
      field: badField(reason),
      type: 'float',
      aggregates: ['sum'],
    })),
    { field: QUALITY_FIELD, type: 'float', aggregates: ['min'] },
  ];
}

const lastOf = (type: SourceField['type'], fields: readonly string[]): readonly SourceField[] =>
  fields.map((field) => ({ field, type, aggregates: ['last'] }));

/** Every point of an alarm is an event: how many there were, how often it was raised, whether it was active, how it ended. */
const ALARM_FIELDS: readonly SourceField[] = [
  { field: 'active', type: 'float', aggregates: ['min', 'max', 'last', 'count'] },
  { field: 'raised', type: 'float', aggregates: ['sum'] },
  { field: 'value', type: 'float', aggregates: ['min', 'max', 'last'] },
  { field: 'limit', type: 'float', aggregates: ['last'] },
  { field: 'judged', type: 'boolean', aggregates: ['min', 'last'] },
  ...lastOf('float', ['since', 'unjudged_since']),
  ...lastOf('boolean', ['acknowledged', 'latched']),
  ...lastOf('string', ['state', 'event', 'message', 'metric', 'quality', 'reason']),
];

/**
 * The measurements of values that `influx-out` writes under one name: values read, values worked out.
 * @param tariffPeriods names of the site's tariff periods, whose energies are fields too
 */
export function valueSourcesOf(
  influxMeasurement: string,
  tariffPeriods: readonly string[] = [],
): readonly [read: Source, derived: Source] {
  const quality = qualityFields();
  const derived = [...DERIVED_METRICS, ...tariffMetrics(tariffPeriods)];
  return [
    { influxMeasurement, fields: [...CATALOG.map((metric) => fieldOf(metric)), ...longFields(), ...quality] },
    {
      influxMeasurement: kpiMeasurement(influxMeasurement),
      fields: [...derived.map((metric) => fieldOf(metric)), ...quality],
    },
  ];
}

/** Everything that `influx-out` writes under one name: those, and alarms, which come when they will. */
export function sourcesOf(influxMeasurement: string, tariffPeriods: readonly string[] = []): readonly Source[] {
  const alarms = { influxMeasurement: alarmMeasurement(influxMeasurement), fields: ALARM_FIELDS };
  return [...valueSourcesOf(influxMeasurement, tariffPeriods), alarms];
}
