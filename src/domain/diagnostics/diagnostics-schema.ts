import { DIAGNOSTICS_SCHEMA } from './diagnostics';

const count = { type: 'integer', minimum: 0 };
const epochMilliseconds = { type: 'number', description: 'epoch milliseconds UTC' };

/** JSON Schema (draft 2020-12) of the diagnostics of one meter; the build writes it to dist/schemas. */
export const DIAGNOSTICS_JSON_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:pm500:diagnostics:1',
  title: 'Diagnostics of one meter, second output of pm500-poll',
  type: 'object',
  required: [
    'schema',
    'meter',
    'timestamp',
    'state',
    'since',
    'reads',
    'coalesced',
    'failed',
    'failures',
    'timeouts',
    'reconnects',
    'missedSlots',
    'latency',
  ],
  properties: {
    schema: { const: DIAGNOSTICS_SCHEMA },
    meter: {
      type: 'object',
      required: ['name', 'host', 'port', 'transport', 'tags'],
      properties: {
        name: { type: 'string' },
        host: { type: 'string' },
        port: { type: 'integer' },
        transport: { type: 'string' },
        tags: { type: 'object', additionalProperties: { type: 'string' } },
      },
    },
    timestamp: epochMilliseconds,
    state: { enum: ['idle', 'connecting', 'connected', 'waiting', 'closed'] },
    since: { ...epochMilliseconds, description: 'when the state began, epoch milliseconds UTC' },
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: { code: { type: 'string' }, message: { type: 'string' } },
    },
    lastGoodAt: epochMilliseconds,
    staleSince: epochMilliseconds,
    maintenanceLeftMs: { type: 'number', exclusiveMinimum: 0 },
    reads: count,
    coalesced: count,
    failed: count,
    failures: { type: 'object', additionalProperties: count },
    timeouts: count,
    reconnects: count,
    missedSlots: count,
    implicit: {
      type: 'object',
      description: 'how the data of I/O connections comes',
      required: ['multicast', 'pointToPoint', 'groups', 'frames', 'missed', 'stale', 'heartbeats'],
      properties: {
        multicast: count,
        pointToPoint: count,
        groups: { type: 'array', items: { type: 'string' } },
        frames: count,
        missed: count,
        stale: count,
        heartbeats: count,
      },
    },
    latency: {
      type: 'object',
      required: ['edgesMs', 'counts', 'sumMs', 'maxMs'],
      properties: {
        edgesMs: { type: 'array', items: { type: 'number' } },
        counts: { type: 'array', items: count, description: 'one longer than edgesMs' },
        sumMs: { type: 'number' },
        maxMs: { type: 'number' },
      },
    },
  },
};
