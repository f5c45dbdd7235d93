import type { AlarmMessage } from '../../domain/alarms/alarm-message';
import type { ActiveAlarm } from '../../domain/alarms/alarm-set';
import { conditionOf, type MetricCondition } from './metric-condition';
import type { MetricSample } from './metrics';
import { TEMPLATES } from './templates';

const GOOD = conditionOf('good');
const UNCERTAIN = conditionOf('uncertain');
/** The state of an alarm that cannot be judged is the last one that was known. */
const LAST_KNOWN = conditionOf('uncertain', 'stale');

/** A bad value that is judged is what the rule is about: that the value is missing. */
function conditionFor({ judged, quality }: Pick<ActiveAlarm, 'judged' | 'quality'>): MetricCondition {
  if (!judged) return LAST_KNOWN;
  return quality === 'uncertain' ? UNCERTAIN : GOOD;
}

/** What the metrics of an alarm are made of. */
interface AlarmState {
  readonly values: Readonly<Record<'id' | 'active' | 'severity' | 'latched' | 'message', string | boolean>>;
  readonly condition: MetricCondition;
}

function stateOfRow(row: ActiveAlarm, isActive: boolean): AlarmState {
  const { id, severity, latched, message } = row;
  // The event of an alarm that a reset has ended shows it as it last was: latched. It is no more.
  const values = { id, active: isActive, severity, latched: isActive && latched, message };
  return { values, condition: conditionFor(row) };
}

function statesOf({ event, alarm, rules, inactive = [], active, unjudged }: AlarmMessage): readonly AlarmState[] {
  if (alarm !== undefined) return [stateOfRow(alarm, event !== 'cleared')];
  const isList = event === 'list' || event === 'configured';
  const subjects = isList ? unjudged : (rules ?? []);
  const named = new Set(subjects.map(({ id }) => id));
  const inTable = active.filter(({ id }) => isList || named.has(id));
  const tabled = new Set(inTable.map(({ id }) => id));
  const others = subjects.filter(({ id }) => !tabled.has(id));
  return [
    ...inTable.map((row) => stateOfRow(row, true)),
    ...others.map(({ id, severity, message }) => ({
      values: { id, active: false, severity, latched: false, message },
      condition: event === 'judged' ? GOOD : LAST_KNOWN,
    })),
    ...inactive.map(({ id, severity, message }) => ({
      values: { id, active: false, severity, latched: false, message },
      condition: GOOD,
    })),
  ];
}

/**
 * The alarms of a meter as flat metrics `alarms/<id>/...`, with the members of the template tpl_alarm_state. Their quality
 * is stale (500) for as long as the alarm cannot be judged. A list gives those of every row of its tables; that is
 * how a host has every configured alarm from the first birth on.
 */
export function alarmMetricsOf(message: AlarmMessage): readonly MetricSample[] {
  return statesOf(message).flatMap(({ values, condition }) =>
    TEMPLATES.tpl_alarm_state.members.map(({ name, type, properties }): MetricSample => ({
      name: `alarms/${String(values.id)}/${name}`,
      type,
      value: values[name],
      timestamp: message.timestamp,
      description: properties,
      condition,
    })),
  );
}
