import {
  constant,
  COUNT,
  described,
  list,
  object,
  optional,
  record,
  TEXT,
  type Shape,
  type TypeOf,
} from '../../support/shape';
import { SEVERITIES, type Severity } from '../alarms/rule';
import type { Labels, MetricFamily, PrometheusSample } from '../diagnostics/prometheus';
import { contract } from '../messages/contract';
import { EPOCH_MS, REASON, TAGS } from '../messages/parts';
import { QUALITIES } from '../quality/quality';

export const NORMALIZE_DIAGNOSTICS_SCHEMA = 'pm500.normalize-diagnostics/1';

/** A count for each name. */
function countsOf<Name extends string>(names: readonly Name[]): Shape<Readonly<Record<Name, number>>> {
  const members = Object.fromEntries(names.map((name) => [name, COUNT])) as Record<Name, typeof COUNT>;
  return object(members) as Shape<object> as Shape<Readonly<Record<Name, number>>>;
}

const ALARM_COUNTS = described(countsOf(SEVERITIES), 'active alarms by severity');
export type AlarmCounts = TypeOf<typeof ALARM_COUNTS>;

/**
 * The message contract of the diagnostics of `pm500-normalize`: what became of the readings of one meter. Counters count
 * from the start of the node. What may be absent is so in messages of older versions.
 */
export const NORMALIZE_DIAGNOSTICS = contract(
  NORMALIZE_DIAGNOSTICS_SCHEMA,
  {
    title: 'What became of the readings of one meter, second output of pm500-normalize',
    advice: 'send the message of the second output of a pm500-normalize node.',
  },
  object({
    schema: constant(NORMALIZE_DIAGNOSTICS_SCHEMA),
    meter: object({ name: TEXT, host: TEXT, tags: TAGS }),
    timestamp: EPOCH_MS,
    readings: COUNT,
    values: described(countsOf(QUALITIES), 'values by quality, measured and derived'),
    reasons: described(record(COUNT, REASON), 'values that are not good, by reason'),
    reported: described(COUNT, 'values that were sent'),
    suppressed: described(COUNT, 'values that were held back because they had not changed by more than their deadband'),
    alarms: ALARM_COUNTS,
    counterQuestions: optional(COUNT, 'counters that a person is asked about now'),
    clockSteps: optional(COUNT, 'how often the wall clock of the host that reads was set'),
    unjudged: described(COUNT, 'alarm rules that cannot be judged'),
    problems: optional(COUNT, 'parts of the configuration that cannot be used and are left out'),
    problemTexts: optional(list(TEXT), 'one sentence for each of the problems'),
  }),
);
export type NormalizeDiagnostics = ReturnType<typeof NORMALIZE_DIAGNOSTICS.parse>;

/** @param node which node it is: two may have to do with one meter, each with its own counters */
export function normalizeLabels({ meter }: NormalizeDiagnostics, node: string): Labels {
  return { ...meter.tags, meter: meter.name, node };
}

/** The diagnostics of all meters of one node as metric families of Prometheus. */
export function normalizeMetrics(all: readonly NormalizeDiagnostics[], node: string): readonly MetricFamily[] {
  const family = (
    name: string,
    type: MetricFamily['type'],
    help: string,
    samplesOf: (one: NormalizeDiagnostics, labels: Labels) => readonly PrometheusSample[],
  ): MetricFamily => ({ name, type, help, samples: all.flatMap((one) => samplesOf(one, normalizeLabels(one, node))) });
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

/** How many of these there are of each severity. */
export function countAlarms(active: readonly { readonly severity: Severity }[]): AlarmCounts {
  const counts = { info: 0, warning: 0, critical: 0 };
  for (const { severity } of active) counts[severity]++;
  return counts;
}
