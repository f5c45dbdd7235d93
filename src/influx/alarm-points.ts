import type { ActiveAlarm, UnjudgedRule } from '../domain/alarms/alarm-set';
import type { AlarmMessage } from '../domain/alarms/alarm-message';
import type { FieldValue, Point } from './line-protocol';
import { METER_TAG } from './mapping';

/** Alarms have a measurement of their own: they are events, kept longer than values. */
export function alarmMeasurement(influxMeasurement: string): string {
  return `${influxMeasurement}_alarm`;
}

export const ALARM_TAG = 'alarm';
export const SEVERITY_TAG = 'severity';

/** A field has one type forever: numbers stand in `value` and `limit`, what is no number in `state`. */
function valueFields({ value, limit }: ActiveAlarm): Record<string, FieldValue> {
  const fields: Record<string, FieldValue> = {};
  if (typeof value === 'number') fields['value'] = value;
  else if (value !== null) fields['state'] = String(value);
  if (typeof limit === 'number') fields['limit'] = limit;
  return fields;
}

/** A rule that is judged again has its next state in the points of that moment; until then it stands as last known. */
function unjudgedFields(rule: UnjudgedRule, event: AlarmMessage['event']): Record<string, FieldValue> {
  const { active, message, metric, since, reason } = rule;
  const isJudged = event === 'judged';
  const fields = { active: active ? 1 : 0, judged: isJudged, event, message, metric };
  return isJudged ? fields : { ...fields, unjudged_since: since, ...(reason === undefined ? {} : { reason }) };
}

/**
 * A point for what happened to an alarm, or to each rule that can no longer be judged or can be again; for a list one for
 * each row of its tables. `active` is 1 or 0, so that a mean over time is the share of it; the sum
 * of `raised` is how often it was raised; `judged` is false for as long as
 * neither is known.
 */
export function alarmPoints(
  { meter, event, timestamp, alarm, rules, active, unjudged }: AlarmMessage,
  influxMeasurement: string,
): Point[] {
  const point = ({ id, severity }: ActiveAlarm | UnjudgedRule, fields: Record<string, FieldValue>): Point => ({
    influxMeasurement: alarmMeasurement(influxMeasurement),
    tags: { ...meter.tags, [METER_TAG]: meter.name, [ALARM_TAG]: id, [SEVERITY_TAG]: severity },
    fields,
    timestamp,
  });
  // That rules exist is no event.
  if (event === 'configured') return [];
  const isList = event === 'list';
  const alarms = isList ? active : alarm === undefined ? [] : [alarm];
  const others = isList ? unjudged.filter((rule) => !rule.active) : (rules ?? []);
  return [
    ...alarms.map((each) =>
      point(each, {
        active: event === 'cleared' ? 0 : 1,
        raised: event === 'raised' ? 1 : 0,
        acknowledged: each.acknowledged,
        // An alarm that a reset has ended comes as it last was: latched. It is no more.
        latched: event !== 'cleared' && each.latched,
        judged: each.judged,
        event,
        message: each.message,
        metric: each.metric,
        quality: each.quality,
        since: each.since,
        ...valueFields(each),
      }),
    ),
    ...others.map((rule) => point(rule, unjudgedFields(rule, event))),
  ];
}
