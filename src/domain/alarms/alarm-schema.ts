import { meter, value } from '../message-schemas';
import { QUALITIES } from '../quality';
import { ALARM_EVENTS, ALARM_SCHEMA } from './alarm-message';
import { SEVERITIES } from './rule';

const epochMilliseconds = { type: 'number', description: 'epoch milliseconds UTC' };

const alarm = {
  type: 'object',
  required: ['id', 'metric', 'severity', 'message', 'since', 'value', 'quality', 'limit', 'acknowledged', 'latched'],
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
  },
};

/** JSON Schema (draft 2020-12) of alarm messages; the build writes it to dist/schemas. */
export const ALARM_JSON_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:pm500:alarm:1',
  title: 'Alarm of one meter, second output of pm500-normalize',
  type: 'object',
  required: ['schema', 'meter', 'timestamp', 'event', 'active'],
  properties: {
    schema: { const: ALARM_SCHEMA },
    meter,
    timestamp: epochMilliseconds,
    event: { enum: ALARM_EVENTS },
    alarm,
    active: { type: 'array', items: alarm },
  },
  if: { properties: { event: { const: 'list' } } },
  then: { not: { required: ['alarm'] } },
  else: { required: ['alarm'] },
};
