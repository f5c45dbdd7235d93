import type { Quality, QualityReason } from '../domain/quality';
import { isRecord } from '../support/expect';
import { type Condition, conditionOf, customCondition } from './condition';
import type { MetricSample } from './metrics';
import { isDatatype, type MetricValue, type PropertySet } from './payload';

/** Values of one device as they wait in an outbox. */
export interface HistoryRecord {
  readonly deviceId: string;
  readonly samples: readonly MetricSample[];
}

/** Marks what JSON has no form for: a bigint, bytes, a number that is not finite. */
const MARK = '$';
const NO_DESCRIPTION = Object.freeze({});

/** A value as JSON can carry it; nothing is rounded. */
function pack(value: unknown): unknown {
  if (typeof value === 'bigint') return { [MARK]: 'bigint', text: value.toString() };
  if (typeof value === 'number' && !Number.isFinite(value)) return { [MARK]: 'number', text: String(value) };
  if (Object.is(value, -0)) return { [MARK]: 'number', text: '-0' };
  if (value instanceof Uint8Array) return { [MARK]: 'bytes', text: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return value.map(pack);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, below]) => [key, pack(below)]));
}

function unpack(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unpack);
  if (!isRecord(value)) return value;
  const { [MARK]: mark, text } = value;
  if (typeof text === 'string') {
    if (mark === 'bigint') return BigInt(text);
    if (mark === 'number') return Number(text);
    if (mark === 'bytes') return new Uint8Array(Buffer.from(text, 'base64'));
  }
  return Object.fromEntries(Object.entries(value).map(([key, below]) => [key, unpack(below)]));
}

/** Quality and reason as "good:" or "bad:read_failed"; properties that a flow gave are written out. */
function packCondition({ key, properties }: Condition): unknown {
  return key.startsWith('{') ? pack(properties.properties) : key;
}

function unpackCondition(packed: unknown): Condition {
  if (typeof packed !== 'string') return customCondition(unpack(packed) as PropertySet);
  const [quality = '', reason = ''] = packed.split(':');
  if (quality !== 'good' && quality !== 'uncertain' && quality !== 'bad') throw new TypeError(`quality ${quality}`);
  return conditionOf(quality satisfies Quality, reason === '' ? undefined : (reason as QualityReason));
}

function readSample(given: unknown): MetricSample {
  if (!Array.isArray(given)) throw new TypeError('no list');
  const [name, type, value, timestamp, condition] = given as readonly unknown[];
  if (typeof name !== 'string' || !isDatatype(type) || !Number.isSafeInteger(timestamp))
    throw new TypeError('no sample');
  return {
    name,
    type,
    value: unpack(value) as MetricValue,
    timestamp: timestamp as number,
    description: NO_DESCRIPTION,
    condition: unpackCondition(condition),
  };
}

/** A record as the text that an outbox keeps. */
export function writeHistoryRecord({ deviceId, samples }: HistoryRecord): string {
  const rows = samples.map(({ name, type, value, timestamp, condition }) => [
    name,
    type,
    pack(value),
    timestamp,
    packCondition(condition),
  ]);
  return JSON.stringify({ device: deviceId, samples: rows });
}

/** Reads what `writeHistoryRecord` wrote; undefined for anything else, for instance a file that was damaged. */
export function readHistoryRecord(text: string): HistoryRecord | undefined {
  try {
    const content: unknown = JSON.parse(text);
    if (!isRecord(content) || typeof content['device'] !== 'string' || !Array.isArray(content['samples']))
      return undefined;
    return { deviceId: content['device'], samples: content['samples'].map(readSample) };
  } catch {
    return undefined;
  }
}
