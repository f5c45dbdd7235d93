import { type Durations, grown } from '../promql';
import { EXPERIENCE } from './words';
import type { AlertRule } from '../rule';

const TARGET = '{{ $labels.target }}';

/** Whether what was read arrives. */
export function deliveryRules(span: Durations): readonly AlertRule[] {
  const by = 'by (instance, node, target)';
  const waiting = `pm500_delivery_waiting_records`;
  return [
    {
      id: 'SinkDown',
      group: 'delivery',
      severity: 'critical',
      value: `min ${by} (pm500_delivery_up)`,
      condition: 'below',
      limit: 1,
      unit: 'state',
      forSeconds: 120,
      summary: `${TARGET} takes nothing; what is read waits in its outbox.`,
      source: EXPERIENCE,
      inhibits: ['QueueGrowing'],
    },
    {
      id: 'QueueGrowing',
      group: 'delivery',
      severity: 'warning',
      value: `max ${by} (pm500_delivery_oldest_seconds) and on (instance, node, target) (deriv(${waiting}[${span.of(600)}]) > 0)`,
      condition: 'above',
      limit: span.seconds(900),
      unit: 'seconds',
      forSeconds: 300,
      summary: `The outbox of ${TARGET} grows, its oldest record has waited {{ $value | humanizeDuration }}.`,
      source: EXPERIENCE,
    },
    {
      id: 'QueueNearLimit',
      group: 'delivery',
      severity: 'critical',
      value: `max ${by} (pm500_delivery_waiting_bytes) / max ${by} (pm500_delivery_limit_bytes)`,
      condition: 'above',
      limit: 0.8,
      unit: 'share',
      forSeconds: 60,
      summary: `The outbox of ${TARGET} holds {{ $value | humanizePercentage }} of what it may: the oldest records will be lost.`,
      source: EXPERIENCE,
    },
    {
      id: 'RecordsLost',
      group: 'delivery',
      severity: 'critical',
      value: `max by (instance, node, target, cause) (${grown('pm500_delivery_lost_records_total', span.of(3600))})`,
      condition: 'above',
      limit: 0,
      unit: 'count',
      forSeconds: 0,
      summary: `{{ $value }} records for ${TARGET} were lost within an hour, by {{ $labels.cause }}.`,
      source: 'any loss',
    },
    {
      id: 'RecordsRefused',
      group: 'delivery',
      severity: 'warning',
      value: `max ${by} (${grown('pm500_delivery_refused_records_total', span.of(3600))})`,
      condition: 'above',
      limit: 0,
      unit: 'count',
      forSeconds: 0,
      summary: `${TARGET} refused {{ $value }} records within an hour.`,
      source: 'any refusal',
    },
  ];
}
