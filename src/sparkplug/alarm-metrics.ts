import type { AlarmMessage } from '../domain/alarms/alarm-message';
import { conditionOf } from './condition';
import type { MetricSample } from './metrics';
import { TEMPLATES } from './templates';

const GOOD = conditionOf('good');

/**
 * The alarms of a meter as flat metrics `alarms/<id>/...`, with the members of the template tpl_alarm_state. A list gives
 * those of every active alarm.
 */
export function alarmMetricsOf({ event, timestamp, alarm, active }: AlarmMessage): readonly MetricSample[] {
  const alarms = alarm === undefined ? active : [alarm];
  const isActive = event !== 'cleared';
  return alarms.flatMap(({ id, severity, latched, message }) => {
    // The event of an alarm that a reset has ended shows it as it last was: latched. It is no more.
    const values = { id, active: isActive, severity, latched: isActive && latched, message };
    return TEMPLATES.tpl_alarm_state.members.map(({ name, type, properties }): MetricSample => ({
      name: `alarms/${id}/${name}`,
      type,
      value: values[name],
      timestamp,
      description: properties,
      condition: GOOD,
    }));
  });
}
