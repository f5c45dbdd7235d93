import { Expect } from '../../support/expect';
import { checkMeter } from '../parse-message';
import { QUALITIES } from '../quality';
import type { MeterReference } from '../reading';
import type { ActiveAlarm, AlarmEvent } from './alarm-set';
import { SEVERITIES } from './rule';

export const ALARM_SCHEMA = 'pm500.alarm/1';
export const ALARM_EVENTS = ['raised', 'cleared', 'acknowledged', 'list'] as const;

/**
 * The message contract of alarms, second output of `pm500-normalize`: what happened to one alarm, or on demand only the
 * table. The table is that of the meter after the event.
 */
export interface AlarmMessage {
  readonly schema: typeof ALARM_SCHEMA;
  readonly meter: MeterReference;
  /** When it happened, or when the list was asked for, epoch milliseconds UTC. */
  readonly timestamp: number;
  readonly event: (typeof ALARM_EVENTS)[number];
  /** The alarm that the event is about; a list has none. */
  readonly alarm?: ActiveAlarm;
  /** The table of active alarms. */
  readonly active: readonly ActiveAlarm[];
}

export function alarmMessage(
  meter: MeterReference,
  { event, timestamp, alarm }: AlarmEvent,
  active: readonly ActiveAlarm[],
): AlarmMessage {
  return { schema: ALARM_SCHEMA, meter, timestamp, event, alarm, active };
}

export function alarmList(meter: MeterReference, active: readonly ActiveAlarm[], timestamp: number): AlarmMessage {
  return { schema: ALARM_SCHEMA, meter, timestamp, event: 'list', active };
}

const expect = new Expect('MESSAGE_INVALID', 'send the message of the second output of a pm500-normalize node.');

function checkValue(path: string, value: unknown): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (!Number.isFinite(value)) expect.fail(path, value, 'a finite number, text, true, false or null');
}

function checkAlarm(path: string, value: unknown): void {
  const alarm = expect.record(path, value);
  for (const key of ['id', 'metric', 'message']) expect.text(`${path}.${key}`, alarm[key]);
  expect.choice(`${path}.severity`, alarm['severity'], SEVERITIES);
  expect.finite(`${path}.since`, alarm['since']);
  checkValue(`${path}.value`, alarm['value']);
  expect.choice(`${path}.quality`, alarm['quality'], QUALITIES);
  checkValue(`${path}.limit`, alarm['limit']);
  for (const key of ['acknowledged', 'latched']) expect.flag(`${path}.${key}`, alarm[key]);
}

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
  if (event !== 'list') checkAlarm('payload.alarm', message['alarm']);
  else if (message['alarm'] !== undefined) expect.fail('payload.alarm', message['alarm'], 'nothing in a list');
  const active = expect.array('payload.active', message['active']);
  // Not forEach, which passes over the holes of an array.
  for (let index = 0; index < active.length; index++) checkAlarm(`payload.active[${index}]`, active[index]);
  return payload as AlarmMessage;
}
