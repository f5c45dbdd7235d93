import type { QualityReason } from '../../../src/domain/quality/quality';
import { BY_METER, type Durations, grown } from '../promql';
import { alarm } from './default-alarms';
import { EXPERIENCE, METER } from './words';
import type { AlertRule } from '../rule';

/** Whether meters are read, and rightly. */
export function meterRules(span: Durations): readonly AlertRule[] {
  const contradicted: QualityReason = 'layout_contradicted';
  const failed = `sum ${BY_METER} (rate(pm500_failed_reads_total[${span.of(900)}]))`;
  const reads = `sum ${BY_METER} (rate(pm500_reads_total[${span.of(900)}]))`;
  return [
    {
      id: 'MeterStale',
      group: 'meters',
      severity: 'critical',
      value: `max ${BY_METER} (pm500_stale_seconds)`,
      condition: 'above',
      limit: alarm('data_missing').onDelaySeconds ?? 0,
      unit: 'seconds',
      forSeconds: 30,
      summary: `Meter ${METER} has given no values for {{ $value | humanizeDuration }}.`,
      source: alarm('data_missing').source,
      inhibits: ['MeterNotConnected', 'ReadsFail', 'AlarmsUnjudged'],
    },
    {
      id: 'MeterNotConnected',
      group: 'meters',
      severity: 'warning',
      value: `max ${BY_METER} (pm500_up)`,
      condition: 'below',
      limit: 1,
      unit: 'state',
      forSeconds: 300,
      summary: `There is no connection to meter ${METER}.`,
      source: EXPERIENCE,
    },
    {
      id: 'ReadsFail',
      group: 'meters',
      severity: 'warning',
      value: `${failed} / (${failed} + ${reads} > 0)`,
      condition: 'above',
      limit: 0.1,
      unit: 'share',
      forSeconds: 300,
      summary: `{{ $value | humanizePercentage }} of the reads of meter ${METER} fail.`,
      source: EXPERIENCE,
    },
    {
      id: 'LayoutContradicted',
      group: 'meters',
      severity: 'critical',
      value: `max ${BY_METER} (${grown(`pm500_untrusted_values_total{reason="${contradicted}"}`, span.of(900))})`,
      condition: 'above',
      limit: 0,
      unit: 'count',
      forSeconds: 0,
      summary: `Values of meter ${METER} stand at other places than its layout says; they are bad.`,
      source: 'any such value',
    },
    {
      id: 'CounterQuestion',
      group: 'meters',
      severity: 'warning',
      value: `max ${BY_METER} (pm500_counter_questions)`,
      condition: 'above',
      limit: 0,
      unit: 'count',
      forSeconds: 600,
      summary: `A counter of meter ${METER} waits for an answer of a person; its energy counts nowhere until then.`,
      source: 'any question',
    },
    {
      id: 'MeterAlarmCritical',
      group: 'meters',
      severity: 'critical',
      value: `max ${BY_METER} (pm500_active_alarms{severity="critical"})`,
      condition: 'above',
      limit: 0,
      unit: 'count',
      forSeconds: 0,
      summary: `{{ $value }} critical alarms of meter ${METER} are active in Node-RED.`,
      source: 'the alarm rules of the site',
    },
    {
      id: 'AlarmsUnjudged',
      group: 'meters',
      severity: 'info',
      value: `max ${BY_METER} (pm500_unjudged_alarms)`,
      condition: 'above',
      limit: 0,
      unit: 'count',
      forSeconds: 3900,
      summary: `{{ $value }} alarm rules of meter ${METER} cannot be judged: whether they hold is not known.`,
      source: 'a KPI of an hour takes as long',
    },
  ];
}
