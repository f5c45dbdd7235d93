import { meter } from '../messages/message-schemas';
import { COUNTER_SCHEMA } from './counter-message';
import { COUNTER_EVENTS } from './records';
import { COUNTER_ANSWERS } from './track';

const time = { type: 'number', description: 'epoch milliseconds UTC' };
const energy = { type: 'number', description: 'Wh or varh' };
const moment = { type: 'object', required: ['value', 'timestamp'], properties: { value: energy, timestamp: time } };
const counter = { type: 'string', description: 'metric of the counter' };

/** JSON Schema (draft 2020-12) of what happens to counters; the build writes it to dist/schemas. */
export const COUNTER_JSON_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:pm500:counter-event:1',
  title: 'What happened to the energy counters of a meter, second output of pm500-normalize',
  type: 'object',
  required: ['schema', 'meter', 'timestamp', 'event', 'message', 'records', 'questions'],
  properties: {
    schema: { const: COUNTER_SCHEMA },
    meter,
    timestamp: time,
    event: { enum: [...COUNTER_EVENTS, 'list'] },
    message: { type: 'string' },
    records: {
      type: 'array',
      items: {
        type: 'object',
        required: ['event', 'counter', 'timestamp'],
        properties: {
          event: { enum: COUNTER_EVENTS },
          counter,
          timestamp: time,
          before: energy,
          after: energy,
          answer: { enum: COUNTER_ANSWERS },
          by: energy,
          at: time,
          note: { type: 'string' },
        },
      },
    },
    questions: {
      type: 'array',
      items: {
        type: 'object',
        required: ['counter', 'before', 'after', 'now'],
        properties: { counter, before: moment, after: moment, now: moment },
      },
    },
  },
};
