import { Expect, type UnknownRecord } from '../../support/expect';
import { checkMeter } from '../messages/parse-message';
import { QUALITIES, QUALITY_REASONS, type QualityReason } from '../quality/quality';
import type { MeterReference } from '../messages/reading';
import type { ActiveAlarm, AlarmEvent, RuleRow, UnjudgedRule } from './alarm-set';
import { SEVERITIES } from './rule';

export const ALARM_SCHEMA = 'pm500.alarm/1';
export const ALARM_EVENTS = ['raised', 'cleared', 'acknowledged', 'unjudged', 'judged', 'configured', 'list'] as const;
type Event = (typeof ALARM_EVENTS)[number];

/**
 * The message contract of alarms, second output of `pm500-normalize`: what happened to one alarm, which rules can no longer
 * be judged or can be again, which rules there are, or on demand only the tables. The tables are those of the meter after
 * the event.
 */
export interface AlarmMessage {
  readonly schema: typeof ALARM_SCHEMA;
  readonly meter: MeterReference;
  /** When it happened, or when the list was asked for, epoch milliseconds UTC. */
  readonly timestamp: number;
  readonly event: Event;
  /** The alarm that `raised`, `cleared` and `acknowledged` are about. */
  readonly alarm?: ActiveAlarm;
  /** The rules that `unjudged` and `judged` are about. */
  readonly rules?: readonly UnjudgedRule[];
  /** With `configured`: the rules that are judged and have no alarm, so that a receiver knows all of them. */
  readonly inactive?: readonly RuleRow[];
  /** The table of active alarms. */
  readonly active: readonly ActiveAlarm[];
  /** The table of rules that cannot be judged: neither active nor inactive is known of them. */
  readonly unjudged: readonly UnjudgedRule[];
}

/** Both tables of a meter. */
export type AlarmTables = Pick<AlarmMessage, 'active' | 'unjudged'>;

export function alarmMessage(meter: MeterReference, event: AlarmEvent, tables: AlarmTables): AlarmMessage {
  return { schema: ALARM_SCHEMA, meter, ...event, ...tables };
}

export function alarmList(meter: MeterReference, tables: AlarmTables, timestamp: number): AlarmMessage {
  return { schema: ALARM_SCHEMA, meter, event: 'list', timestamp, ...tables };
}

/** All rules of a meter, when it is first heard of and when the metrics of further ones have come. */
export function alarmRulesMessage(
  meter: MeterReference,
  tables: AlarmTables,
  inactive: readonly RuleRow[],
  timestamp: number,
): AlarmMessage {
  return { schema: ALARM_SCHEMA, meter, event: 'configured', timestamp, inactive, ...tables };
}

const expect = new Expect('MESSAGE_INVALID', 'send the message of the second output of a pm500-normalize node.');

function checkValue(path: string, value: unknown): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (!Number.isFinite(value)) expect.fail(path, value, 'a finite number, text, true, false or null');
}

function checkAlarm(path: string, value: unknown): void {
  const alarm = checkRow(path, value);
  expect.finite(`${path}.since`, alarm['since']);
  checkValue(`${path}.value`, alarm['value']);
  expect.choice(`${path}.quality`, alarm['quality'], QUALITIES);
  checkValue(`${path}.limit`, alarm['limit']);
  for (const key of ['acknowledged', 'latched', 'judged']) expect.flag(`${path}.${key}`, alarm[key]);
}

function checkRow(path: string, value: unknown): UnknownRecord {
  const row = expect.record(path, value);
  for (const key of ['id', 'metric', 'message']) expect.text(`${path}.${key}`, row[key]);
  expect.choice(`${path}.severity`, row['severity'], SEVERITIES);
  return row;
}

const REASONS = Object.keys(QUALITY_REASONS) as QualityReason[];

function checkUnjudged(path: string, value: unknown): void {
  const rule = checkRow(path, value);
  expect.finite(`${path}.since`, rule['since']);
  expect.flag(`${path}.active`, rule['active']);
  if (rule['reason'] !== undefined) expect.choice(`${path}.reason`, rule['reason'], REASONS);
}

function checkEach(path: string, value: unknown, check: (path: string, value: unknown) => void): void {
  const rows = expect.array(path, value);
  // Not forEach, which passes over the holes of an array.
  for (let index = 0; index < rows.length; index++) check(`${path}[${index}]`, rows[index]);
}

/** Which member says what an event is about; a list is about everything. */
const SUBJECTS: Readonly<Record<Event, 'alarm' | 'rules' | 'inactive' | undefined>> = {
  raised: 'alarm',
  cleared: 'alarm',
  acknowledged: 'alarm',
  unjudged: 'rules',
  judged: 'rules',
  configured: 'inactive',
  list: undefined,
};

/**
 * Accepts an alarm message that came to a sink.
 * @throws Pm500Error MESSAGE_INVALID naming the path
 */
export function parseAlarmMessage(payload: unknown): AlarmMessage {
  const message = expect.record('payload', payload);
  expect.choice('payload.schema', message['schema'], [ALARM_SCHEMA]);
  checkMeter(expect, message['meter']);
  expect.finite('payload.timestamp', message['timestamp']);
  const event = expect.choice('payload.event', message['event'], ALARM_EVENTS);
  const subject = SUBJECTS[event];
  for (const key of ['alarm', 'rules', 'inactive'] as const) {
    if (key !== subject && message[key] !== undefined) {
      expect.fail(`payload.${key}`, message[key], `nothing with the event "${event}"`);
    }
  }
  if (subject === 'alarm') checkAlarm('payload.alarm', message['alarm']);
  else if (subject === 'rules') checkEach('payload.rules', message['rules'], checkUnjudged);
  else if (subject === 'inactive') checkEach('payload.inactive', message['inactive'], checkRow);
  checkEach('payload.active', message['active'], checkAlarm);
  checkEach('payload.unjudged', message['unjudged'], checkUnjudged);
  return payload as AlarmMessage;
}
