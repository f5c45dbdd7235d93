import { PROVENANCES, UNITS } from '../../metrics/measurement';
import { INHERITED_NAMES, MOST_METRICS } from './parse-message';
import { QUALITIES, QUALITY_REASONS } from '../quality/quality';
import { READING_SCHEMA } from './reading';
import { TELEMETRY_SCHEMA } from './telemetry';

/** JSON Schemas (draft 2020-12) of the message contracts; the build writes them to dist/schemas for other programs. */

export const value = { type: ['number', 'boolean', 'string', 'null'] };
const epochMilliseconds = { type: 'number', description: 'epoch milliseconds UTC, the time of the read' };
export const reason = { enum: Object.keys(QUALITY_REASONS) };
const provenance = { enum: PROVENANCES };
const metricName = { not: { enum: INHERITED_NAMES } };

/** The reference to a meter that every message has. */
export const meter = {
  type: 'object',
  required: ['name', 'host', 'tags'],
  properties: {
    name: { type: 'string', description: 'unique on a site' },
    host: { type: 'string' },
    tags: { type: 'object', additionalProperties: { type: 'string' } },
    catalogNumber: { type: 'string' },
    serialNumber: { type: 'number' },
    firmware: { type: 'string', description: 'over Modbus: base firmware' },
    transport: { type: 'string', description: 'how it was read' },
    layout: {
      type: 'object',
      description: 'telemetry only: where the places of the values come from',
      required: ['name', 'confirmed'],
      properties: { name: { type: 'string' }, confirmed: { type: 'boolean' } },
    },
    identityMismatch: { type: 'boolean' },
  },
};

const block = {
  type: 'object',
  required: ['group', 'timestamp', 'latencyMs', 'values', 'provenance'],
  oneOf: [{ required: ['assembly'] }, { required: ['register'] }],
  properties: {
    assembly: { type: 'number', description: 'EtherNet/IP: assembly instance' },
    register: { type: 'number', description: 'Modbus: printed number of the first register, 3xxxxx' },
    group: { type: 'string' },
    timestamp: epochMilliseconds,
    uptimeMs: { type: 'number', description: 'the same moment, milliseconds since the host that read it was booted' },
    latencyMs: { type: 'number' },
    values: { type: 'object', additionalProperties: value },
    provenance: { type: 'object', propertyNames: metricName, additionalProperties: provenance },
    raw: {
      type: 'string',
      pattern: '^([0-9a-f]{2}){1,512}$',
      description: 'the bytes as they came, where the layout assumes what they mean',
    },
    problems: { type: 'object', additionalProperties: reason },
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: { code: { type: 'string' }, message: { type: 'string' } },
    },
  },
};

export const READING_JSON_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:pm500:reading:1',
  title: 'Reading of one meter, message of pm500-poll',
  type: 'object',
  required: ['schema', 'meter', 'layout', 'timestamp', 'blocks'],
  properties: {
    schema: { const: READING_SCHEMA },
    meter,
    layout: {
      type: 'object',
      required: ['name', 'confirmed'],
      properties: { name: { type: 'string' }, confirmed: { type: 'boolean' } },
    },
    timestamp: epochMilliseconds,
    bootId: { type: 'string', description: 'which boot of which host uptimeMs belongs to' },
    blocks: { type: 'array', items: block },
    definitions: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'unit'],
        properties: {
          name: { type: 'string' },
          unit: { enum: UNITS },
          range: {
            type: 'object',
            required: ['min', 'max'],
            properties: { min: { type: 'number' }, max: { type: 'number' } },
          },
        },
      },
    },
  },
};

export const TELEMETRY_JSON_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:pm500:telemetry:1',
  title: 'Telemetry of one meter, message of pm500-normalize',
  type: 'object',
  required: ['schema', 'meter', 'timestamp', 'metrics'],
  properties: {
    schema: { const: TELEMETRY_SCHEMA },
    meter,
    timestamp: epochMilliseconds,
    metrics: {
      type: 'object',
      maxProperties: MOST_METRICS,
      propertyNames: metricName,
      additionalProperties: {
        type: 'object',
        required: ['value', 'unit', 'quality', 'provenance', 'timestamp'],
        properties: {
          value,
          unit: { enum: UNITS },
          quality: { enum: QUALITIES },
          reason,
          provenance,
          timestamp: epochMilliseconds,
          spanMs: { type: 'number', description: 'deltas only: the time that the value covers, milliseconds' },
        },
      },
    },
  },
};
