import { SEVERITIES, type Severity } from '../alarms/rule';
import type { MetricFamily, MetricSample } from '../diagnostics/prometheus';
import { QUALITIES, type QualityReason } from '../quality/quality';
import type { MeterReference } from '../messages/reading';
import type { QualityCounts } from './tally';

/** Active alarms by severity. */
export type AlarmCounts = Readonly<Record<Severity, number>>;

export const NORMALIZE_DIAGNOSTICS_SCHEMA = 'pm500.normalize-diagnostics/1';

/**
 * The message contract of the diagnostics of `pm500-normalize`: what became of the readings of one meter. Counters count
 * from the start of the node.
 */
export interface NormalizeDiagnostics {
  readonly schema: typeof NORMALIZE_DIAGNOSTICS_SCHEMA;
  readonly meter: Pick<MeterReference, 'name' | 'host' | 'tags'>;
  /** Epoch milliseconds UTC. */
  readonly timestamp: number;
  readonly readings: number;
  /** Values by quality, measured and derived. */
  readonly values: QualityCounts;
  /** Values that are not good, by reason. */
  readonly reasons: Readonly<Partial<Record<QualityReason, number>>>;
  /** Values that were sent. */
  readonly reported: number;
  /** Values that were held back because they had not changed by more than their deadband. */
  readonly suppressed: number;
  readonly alarms: AlarmCounts;
  /** How often the wall clock of the host that reads was set; absent in messages of older versions. */
  readonly clockSteps?: number;
  /** Alarm rules that cannot be judged. */
  readonly unjudged: number;
  /** Counters that a person is asked about now; absent in messages of older versions. */
  readonly counterQuestions?: number;
  /** Parts of the configuration that cannot be used and are left out; absent in messages of older versions. */
  readonly problems?: number;
  /** One sentence for each of them. */
  readonly problemTexts?: readonly string[];
}

type Labels = Readonly<Record<string, string>>;

/** @param node which node it is: two may have to do with one meter, each with its own counters */
function labelsOf({ meter }: NormalizeDiagnostics, node: string): Labels {
  return { ...meter.tags, meter: meter.name, node };
}

/** The diagnostics of all meters of one node as metric families of Prometheus. */
export function normalizeMetrics(all: readonly NormalizeDiagnostics[], node: string): readonly MetricFamily[] {
  const family = (
    name: string,
    type: MetricFamily['type'],
    help: string,
    samplesOf: (one: NormalizeDiagnostics, labels: Labels) => readonly MetricSample[],
  ): MetricFamily => ({ name, type, help, samples: all.flatMap((one) => samplesOf(one, labelsOf(one, node))) });
  const counter = (name: string, help: string, valueOf: (one: NormalizeDiagnostics) => number): MetricFamily =>
    family(name, 'counter', help, (one, labels) => [{ labels, value: valueOf(one) }]);
  return [
    counter('pm500_normalized_readings_total', 'Readings that became telemetry.', ({ readings }) => readings),
    family('pm500_values_total', 'counter', 'Values by quality.', ({ values }, labels) =>
      QUALITIES.map((quality) => ({ labels: { ...labels, quality }, value: values[quality] })),
    ),
    family('pm500_untrusted_values_total', 'counter', 'Values that are not good, by reason.', ({ reasons }, labels) =>
      Object.entries(reasons).map(([reason, value]) => ({ labels: { ...labels, reason }, value })),
    ),
    counter('pm500_reported_values_total', 'Values that were sent.', ({ reported }) => reported),
    counter('pm500_suppressed_values_total', 'Values held back by their deadband.', ({ suppressed }) => suppressed),
    counter(
      'pm500_clock_steps_total',
      'Times that the wall clock was set between two readings.',
      ({ clockSteps = 0 }) => clockSteps,
    ),
    family('pm500_counter_questions', 'gauge', 'Counters that a person is asked about.', (one, labels) => [
      { labels, value: one.counterQuestions ?? 0 },
    ]),
    family('pm500_active_alarms', 'gauge', 'Active alarms by severity.', ({ alarms }, labels) =>
      SEVERITIES.map((severity) => ({ labels: { ...labels, severity }, value: alarms[severity] })),
    ),
    family('pm500_unjudged_alarms', 'gauge', 'Alarm rules that cannot be judged.', ({ unjudged }, labels) => [
      { labels, value: unjudged },
    ]),
  ];
}
