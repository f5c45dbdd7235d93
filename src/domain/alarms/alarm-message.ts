import {
  choice,
  constant,
  described,
  list,
  object,
  optional,
  refined,
  type JsonSchema,
  type TypeOf,
} from '../../support/shape';
import { contract } from '../messages/contract';
import { EPOCH_MS, METER } from '../messages/parts';
import { meterForMessage, type MeterReference } from '../messages/reading';
import { ACTIVE_ALARM, RULE_ROW, UNJUDGED_RULE, type AlarmEvent, type RuleRow } from './alarm-set';

export const ALARM_SCHEMA = 'pm500.alarm/1';
export const ALARM_EVENTS = ['raised', 'cleared', 'acknowledged', 'unjudged', 'judged', 'configured', 'list'] as const;
type Event = (typeof ALARM_EVENTS)[number];

/** What an event can be about. */
const SUBJECTS = {
  alarm: ACTIVE_ALARM,
  rules: described(list(UNJUDGED_RULE), 'the rules that the event is about'),
  inactive: described(
    list(RULE_ROW),
    'the rules that are judged and have no alarm, so that a receiver knows all of them',
  ),
};
type Subject = keyof typeof SUBJECTS;
const SUBJECT_NAMES = Object.keys(SUBJECTS) as readonly Subject[];

/** Which member says it; a list is about everything. */
const SUBJECT_OF: Readonly<Record<Event, Subject | undefined>> = {
  raised: 'alarm',
  cleared: 'alarm',
  acknowledged: 'alarm',
  unjudged: 'rules',
  judged: 'rules',
  configured: 'inactive',
  list: undefined,
};

/** With these events, and no other, there is that member. */
function onlyWith(subject: Subject): JsonSchema {
  return {
    if: { properties: { event: { enum: ALARM_EVENTS.filter((event) => SUBJECT_OF[event] === subject) } } },
    then: { required: [subject] },
    else: { not: { required: [subject] } },
  };
}

const MESSAGE = object({
  schema: constant(ALARM_SCHEMA),
  meter: METER,
  timestamp: described(EPOCH_MS, 'when it happened, or when the list was asked for, epoch milliseconds UTC'),
  event: choice(ALARM_EVENTS),
  alarm: optional(SUBJECTS.alarm),
  rules: optional(SUBJECTS.rules),
  inactive: optional(SUBJECTS.inactive),
  active: described(list(ACTIVE_ALARM), 'the table of active alarms, after the event'),
  unjudged: described(list(UNJUDGED_RULE), 'all rules that cannot be judged, after the event'),
});

/**
 * The message contract of alarms, second output of `pm500-normalize`: what happened to one alarm, which rules can no longer
 * be judged or can be again, which rules there are, or on demand only the tables.
 */
export const ALARM = contract(
  ALARM_SCHEMA,
  {
    title: 'Alarm of one meter, second output of pm500-normalize',
    advice: 'send the message of the second output of a pm500-normalize node.',
  },
  refined(MESSAGE, {
    schema: { allOf: SUBJECT_NAMES.map(onlyWith) },
    fits: (message) => {
      const subject = SUBJECT_OF[message['event'] as Event];
      return SUBJECT_NAMES.every((name) => (message[name] !== undefined) === (name === subject));
    },
    explain: (expect, path, message) => {
      const event = message['event'] as Event;
      for (const name of SUBJECT_NAMES) {
        if (SUBJECT_OF[event] === name) SUBJECTS[name].explain(expect, `${path}.${name}`, message[name]);
        else if (message[name] !== undefined)
          expect.fail(`${path}.${name}`, message[name], `nothing with the event "${event}"`);
      }
    },
  }),
);

export type AlarmMessage = TypeOf<typeof MESSAGE>;

/** Both tables of a meter, made for one message. */
export type AlarmTables = Pick<AlarmMessage, 'active' | 'unjudged'>;

export function alarmMessage(meter: MeterReference, event: AlarmEvent, tables: AlarmTables): AlarmMessage {
  return { schema: ALARM_SCHEMA, meter: meterForMessage(meter), ...event, ...tables };
}

export function alarmList(meter: MeterReference, tables: AlarmTables, timestamp: number): AlarmMessage {
  return { schema: ALARM_SCHEMA, meter: meterForMessage(meter), event: 'list', timestamp, ...tables };
}

/** All rules of a meter, when it is first heard of and when the metrics of further ones have come. */
export function alarmRulesMessage(
  meter: MeterReference,
  tables: AlarmTables,
  inactive: readonly RuleRow[],
  timestamp: number,
): AlarmMessage {
  return { schema: ALARM_SCHEMA, meter: meterForMessage(meter), event: 'configured', timestamp, inactive, ...tables };
}
