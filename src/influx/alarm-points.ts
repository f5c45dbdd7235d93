import type { ActiveAlarm } from '../domain/alarms/alarm-set';
import type { AlarmMessage } from '../domain/alarms/alarm-message';
import type { FieldValue, Point } from './line-protocol';
import { METER_TAG } from './mapping';

/** Alarms have a measurement of their own: they are events, kept longer than values. */
export function alarmMeasurement(influxMeasurement: string): string {
  return `${influxMeasurement}_alarm`;
}

export const ALARM_TAG = 'alarm';
export const SEVERITY_TAG = 'severity';

/** A field has one type for ever: numbers stand in `value` and `limit`, what is no number in `state`. */
function valueFields({ value, limit }: ActiveAlarm): Record<string, FieldValue> {
  const fields: Record<string, FieldValue> = {};
  if (typeof value === 'number') fields['value'] = value;
  else if (value !== null) fields['state'] = String(value);
  if (typeof limit === 'number') fields['limit'] = limit;
  return fields;
}

/**
 * A point for what happened to an alarm; for a list one for each alarm in it. `active` is 1 or 0, so that a mean over
 * time is the share of it.
 */
export function alarmPoints(
  { meter, event, timestamp, alarm, active }: AlarmMessage,
  influxMeasurement: string,
): Point[] {
  const alarms = alarm === undefined ? active : [alarm];
  return alarms.map((each) => ({
    influxMeasurement: alarmMeasurement(influxMeasurement),
    tags: { ...meter.tags, [METER_TAG]: meter.name, [ALARM_TAG]: each.id, [SEVERITY_TAG]: each.severity },
    fields: {
      active: event === 'cleared' ? 0 : 1,
      acknowledged: each.acknowledged,
      // An alarm that a reset has ended comes as it last was: latched. It is no more.
      latched: event !== 'cleared' && each.latched,
      event,
      message: each.message,
      metric: each.metric,
      quality: each.quality,
      since: each.since,
      ...valueFields(each),
    },
    timestamp,
  }));
}
