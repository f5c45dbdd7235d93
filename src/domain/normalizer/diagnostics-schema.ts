import { SEVERITIES } from '../alarms/rule';
import { QUALITIES, QUALITY_REASONS } from '../quality/quality';
import { NORMALIZE_DIAGNOSTICS_SCHEMA } from './diagnostics';

const count = { type: 'integer', minimum: 0 };

function countsOf(names: readonly string[]): object {
  return { type: 'object', required: names, properties: Object.fromEntries(names.map((name) => [name, count])) };
}

/** JSON Schema (draft 2020-12) of the diagnostics of pm500-normalize; the build writes it to dist/schemas. */
export const NORMALIZE_DIAGNOSTICS_JSON_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:pm500:normalize-diagnostics:1',
  title: 'What became of the readings of one meter, second output of pm500-normalize',
  type: 'object',
  required: [
    'schema',
    'meter',
    'timestamp',
    'readings',
    'values',
    'reasons',
    'reported',
    'suppressed',
    'alarms',
    'unjudged',
  ],
  properties: {
    schema: { const: NORMALIZE_DIAGNOSTICS_SCHEMA },
    meter: {
      type: 'object',
      required: ['name', 'host', 'tags'],
      properties: {
        name: { type: 'string' },
        host: { type: 'string' },
        tags: { type: 'object', additionalProperties: { type: 'string' } },
      },
    },
    timestamp: { type: 'number', description: 'epoch milliseconds UTC' },
    readings: count,
    values: countsOf(QUALITIES),
    reasons: {
      type: 'object',
      propertyNames: { enum: Object.keys(QUALITY_REASONS) },
      additionalProperties: count,
    },
    reported: count,
    suppressed: count,
    alarms: { ...countsOf(SEVERITIES), description: 'active alarms by severity' },
    counterQuestions: { ...count, description: 'counters that a person is asked about now' },
    clockSteps: { ...count, description: 'how often the wall clock of the host that reads was set' },
    unjudged: { ...count, description: 'alarm rules that cannot be judged' },
    problems: { ...count, description: 'parts of the configuration that cannot be used and are left out' },
    problemTexts: { type: 'array', items: { type: 'string' }, description: 'one sentence for each of the problems' },
  },
};
