import type { ActiveAlarm } from '../domain/alarms/alarm-set';
import type { NormalizerFacts } from './facts';
import { byAttention } from './order';
import type { AlarmOverviewRow } from './rows';
import { readable } from './values';

function rowOf(node: string, meter: string, alarm: ActiveAlarm): AlarmOverviewRow {
  const { id, severity, message, since, quality, acknowledged, latched, judged } = alarm;
  const { acknowledgedAt = 0, acknowledgedBy = '' } = alarm;
  const { text, unit } = readable(alarm.value, alarm.metric);
  return {
    key: JSON.stringify([node, meter, id]),
    node,
    judge: node,
    meter,
    id,
    severity,
    message,
    since,
    value: `${text} ${unit}`.trim(),
    quality,
    acknowledged,
    acknowledgedAt,
    acknowledgedBy,
    latched,
    judged,
  };
}

/** Active alarms of all meters. */
export function alarmRows(normalizers: readonly NormalizerFacts[]): AlarmOverviewRow[] {
  const rows = normalizers.flatMap(({ node, meters }) =>
    meters.flatMap(({ name, alarms }) => alarms.map((alarm) => rowOf(node, name, alarm))),
  );
  return rows.sort(byAttention);
}
