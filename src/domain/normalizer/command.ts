import { Expect, isRecord, type UnknownRecord } from '../../support/expect';
import type { AlarmCommand } from '../alarms/alarm-set';
import { parseCounterCommand, type CounterCommand } from '../counters/parse-command';
import { parseAlarmCommand, readBy, type ParsedAlarmCommand } from '../alarms/parse-command';

/** What a message can ask of `pm500-normalize`; `meter` names one of several, all of them where absent. */
export type NormalizeCommand = { readonly meter?: string } & (
  | { readonly kind: 'alarms' }
  | ({ readonly kind: AlarmCommand } & Omit<ParsedAlarmCommand, 'command'>)
  | CounterCommand
  | { readonly kind: 'sendAll' }
  | { readonly kind: 'forget'; readonly name: string }
  | { readonly kind: 'layoutCheck'; readonly step: LayoutCheckStep }
);

/** `apply` is the verdict, and lets it count for the quality of values until the node starts again. */
const LAYOUT_CHECK_STEPS = ['start', 'verdict', 'apply'] as const;
export type LayoutCheckStep = (typeof LAYOUT_CHECK_STEPS)[number];

const expect = new Expect('MESSAGE_INVALID', 'the help of pm500-normalize lists the commands.');
const KEYS = ['alarms', 'alarm', 'sendAll', 'layoutCheck', 'counters', 'forget'] as const;

function alarmCommand(payload: UnknownRecord): NormalizeCommand {
  const { alarms } = payload;
  if (alarms === 'list') return { kind: 'alarms' };
  const ask = isRecord(alarms)
    ? alarms
    : expect.fail('payload.alarms', alarms, '"list", {acknowledge: id} or {reset: id}');
  const [key, other] = Object.keys(ask);
  if (other !== undefined || key === undefined) expect.fail('payload.alarms', ask, 'one of acknowledge and reset');
  const kind = expect.choice('payload.alarms', key, ['acknowledge', 'reset'] as const);
  const id = ask[kind];
  const by = readBy(payload);
  if (id === true) return { kind, ...by };
  return typeof id === 'string' && id !== ''
    ? { kind, id, ...by }
    : expect.fail(`payload.alarms.${kind}`, id, 'the id of an alarm, or true for all');
}

function readCommand(payload: UnknownRecord): NormalizeCommand {
  const given = KEYS.filter((key) => payload[key] !== undefined);
  if (given.length > 1)
    expect.fail(`payload.${given[1] ?? ''}`, payload[given[1] ?? ''], `nothing beside ${given[0] ?? ''}`);
  const [key] = given;
  if (key === 'sendAll') {
    if (payload['sendAll'] !== true) expect.fail('payload.sendAll', payload['sendAll'], 'true');
    return { kind: 'sendAll' };
  }
  if (key === 'forget') return { kind: 'forget', name: expect.text('payload.forget', payload['forget']) };
  if (key === 'layoutCheck') {
    const step = expect.choice('payload.layoutCheck', payload['layoutCheck'], LAYOUT_CHECK_STEPS);
    return { kind: 'layoutCheck', step };
  }
  if (key === 'counters') return parseCounterCommand(payload['counters']);
  if (key === 'alarm') {
    const { command, ...which } = parseAlarmCommand(payload);
    return { kind: command, ...which };
  }
  return alarmCommand(payload);
}

/**
 * A command, or undefined when the payload is none and should be a reading.
 * @throws Pm500Error MESSAGE_INVALID naming the path
 */
export function parseNormalizeCommand(payload: unknown): NormalizeCommand | undefined {
  if (!isRecord(payload) || payload['schema'] !== undefined) return undefined;
  if (KEYS.every((key) => payload[key] === undefined)) return undefined;
  const command = readCommand(payload);
  const { meter } = payload;
  return meter === undefined ? command : { ...command, meter: expect.text('payload.meter', meter) };
}
