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

/**
 * Active alarms of all meters.
 * @param most are made to rows, the ones that come first; a flood has thousands
 */
export function alarmRows(
  normalizers: readonly NormalizerFacts[],
  most: number,
): { readonly rows: readonly AlarmOverviewRow[]; readonly count: number } {
  const all = normalizers.flatMap(({ node, meters }) =>
    meters.flatMap(({ name, alarms }) => alarms.map((alarm) => ({ node, name, alarm }))),
  );
  all.sort((left, right) => byAttention(left.alarm, right.alarm));
  return { rows: all.slice(0, most).map(({ node, name, alarm }) => rowOf(node, name, alarm)), count: all.length };
}
