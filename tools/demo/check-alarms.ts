import type { AlarmMessage } from '../../src/domain/alarms/alarm-message';
import type { Provocation } from './provoke';
import { clockTime, type Report } from './report';
import type { SeenMetric } from './sparkplug-watch';
import type { StoredSamples } from './stored-samples';

/** The debug node of the flow that shows alarms. */
export const ALARMS_DEBUG = 'first-meter-alarms';

export interface AlarmEvidence {
  readonly phaseLoss: Provocation;
  /** What the sinks have acknowledged. */
  readonly messages: readonly AlarmMessage[];
  /** What the debug node of the flow has shown in the sidebar, and below itself. */
  readonly shown: readonly string[];
  readonly statuses: readonly string[];
  readonly published: readonly SeenMetric[];
  /** Absent where there is no database. */
  readonly stored: StoredSamples | undefined;
}

type Event = AlarmMessage & { readonly alarm: NonNullable<AlarmMessage['alarm']> };

const isEvent = (message: AlarmMessage): message is Event => message.alarm !== undefined;

/** Where an alarm that was raised or cleared is missing, in words. */
function findMissing({ event, timestamp, alarm }: Event, evidence: AlarmEvidence): readonly string[] {
  const { shown, published, stored } = evidence;
  const isActive = event !== 'cleared';
  const missing: string[] = [];
  const onBroker = (member: string, value: unknown): boolean =>
    published.some((metric) => {
      return metric.name === `alarms/${alarm.id}/${member}` && metric.timestamp === timestamp && metric.value === value;
    });
  if (!onBroker('active', isActive)) missing.push(`alarms/${alarm.id}/active = ${String(isActive)} on the broker`);
  const stands = stored?.alarms.some((row) => {
    return row.id === alarm.id && row.timestamp === timestamp && row.isActive === isActive && row.since === alarm.since;
  });
  if (stands === false) missing.push(`${alarm.id} ${event} in the database`);
  const sentence = `${event.toUpperCase()}: ${alarm.message}`;
  if (!shown.includes(sentence)) missing.push(`"${sentence}" in the debug sidebar`);
  return missing;
}

/** Below a node there is room for the first words only. */
function wasStatus(statuses: readonly string[], message: string): boolean {
  return statuses.some((status) => status !== '' && message.startsWith(status.replace(/\.\.\.$/, '')));
}

/** The lost phase raised its alarm, nothing else did before, and all alarms have cleared; everywhere the same. */
export function checkAlarms(report: Report, evidence: AlarmEvidence): void {
  const { phaseLoss, messages, statuses, stored } = evidence;
  const { button, pressedAt } = phaseLoss;
  // An alarm may be cleared once more after the kill: the state on disk can be older than what was sent.
  const events = messages.filter(isEvent);
  const raised = events.filter(({ event }) => event === 'raised');
  const expected = `phase_loss_l${phaseLoss.parameters['phase'] ?? ''}`;
  const caused = raised.filter(({ timestamp }) => timestamp >= pressedAt);
  report.say(`alarms    "${button}" pressed ${clockTime(pressedAt)}: ${caused.length} raised`);
  for (const { alarm, timestamp } of raised) {
    const cleared = events.find(({ event, alarm: { id }, timestamp: at }) => {
      return event === 'cleared' && id === alarm.id && at > timestamp;
    });
    const end = cleared === undefined ? 'never cleared' : `cleared ${clockTime(cleared.timestamp)}`;
    report.say(
      `          ${alarm.id} (${alarm.severity}): since ${clockTime(alarm.since)}, raised ${clockTime(timestamp)} at ${Number(Number(alarm.value).toPrecision(4))}, limit ${String(alarm.limit)}, ${end}`,
    );
    report.say(`            ${alarm.message}`);
    report.expect(cleared !== undefined, `the alarm ${alarm.id} was raised and never cleared`);
    report.expect(
      wasStatus(statuses, alarm.message),
      `the alarm ${alarm.id} was not shown below the node of the alarms`,
    );
  }
  report.expect(
    caused.some(({ alarm }) => alarm.id === expected),
    `the alarm ${expected} was not raised after the button "${button}"`,
  );
  report.expectNone(
    'alarms without a fault',
    raised.filter((event) => !caused.includes(event)).map(({ alarm }) => alarm.id),
  );
  const missing = events.flatMap((event) => findMissing(event, evidence));
  const places = [
    'messages',
    'debug sidebar',
    'broker (alarms/<id>/active)',
    ...(stored === undefined ? [] : ['database']),
  ];
  report.say(
    `          ${raised.length} raised and ${events.length - raised.length} cleared in ${places.join(', ')}: ${missing.length} missing`,
  );
  report.expectNone('alarms missing', missing);
}
