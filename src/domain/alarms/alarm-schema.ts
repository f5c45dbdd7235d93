import { meter, reason, value } from '../messages/message-schemas';
import { QUALITIES } from '../quality/quality';
import { ALARM_EVENTS, ALARM_SCHEMA } from './alarm-message';
import { SEVERITIES } from './rule';

const epochMilliseconds = { type: 'number', description: 'epoch milliseconds UTC' };

const alarm = {
  type: 'object',
  required: [
    'id',
    'metric',
    'severity',
    'message',
    'since',
    'value',
    'quality',
    'limit',
    'acknowledged',
    'latched',
    'judged',
  ],
  properties: {
    id: { type: 'string' },
    metric: { type: 'string' },
    severity: { enum: SEVERITIES },
    message: { type: 'string' },
    since: { ...epochMilliseconds, description: 'when the condition began to hold, epoch milliseconds UTC' },
    value,
    quality: { enum: QUALITIES },
    limit: value,
    acknowledged: { type: 'boolean' },
    latched: { type: 'boolean', description: 'the condition is over and only a reset ends the alarm' },
    judged: { type: 'boolean', description: 'false: there is no value to compare, the alarm stands as last known' },
  },
};

const unjudgedRule = {
  type: 'object',
  required: ['id', 'metric', 'severity', 'message', 'since', 'active'],
  properties: {
    id: { type: 'string' },
    metric: { type: 'string' },
    severity: { enum: SEVERITIES },
    message: { type: 'string' },
    since: { ...epochMilliseconds, description: 'since when it cannot be judged, epoch milliseconds UTC' },
    active: { type: 'boolean', description: 'its alarm is in the table, as it was last known' },
    reason,
  },
};

const ruleRow = {
  type: 'object',
  required: ['id', 'metric', 'severity', 'message'],
  properties: {
    id: { type: 'string' },
    metric: { type: 'string' },
    severity: { enum: SEVERITIES },
    message: { type: 'string' },
  },
};

/** With these events, and no other, there is that member. */
function onlyWith(member: string, events: readonly string[]): object {
  return {
    if: { properties: { event: { enum: events } } },
    then: { required: [member] },
    else: { not: { required: [member] } },
  };
}

/** JSON Schema (draft 2020-12) of alarm messages; the build writes it to dist/schemas. */
export const ALARM_JSON_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:pm500:alarm:1',
  title: 'Alarm of one meter, second output of pm500-normalize',
  type: 'object',
  required: ['schema', 'meter', 'timestamp', 'event', 'active', 'unjudged'],
  properties: {
    schema: { const: ALARM_SCHEMA },
    meter,
    timestamp: epochMilliseconds,
    event: { enum: ALARM_EVENTS },
    alarm,
    rules: { type: 'array', items: unjudgedRule, description: 'the rules that the event is about' },
    inactive: { type: 'array', items: ruleRow, description: 'the rules that are judged and have no alarm' },
    active: { type: 'array', items: alarm },
    unjudged: { type: 'array', items: unjudgedRule, description: 'all rules that cannot be judged' },
  },
  allOf: [
    onlyWith('alarm', ['raised', 'cleared', 'acknowledged']),
    onlyWith('rules', ['unjudged', 'judged']),
    onlyWith('inactive', ['configured']),
  ],
};
