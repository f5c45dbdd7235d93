import type { Quality, QualityReason } from '../../domain/quality/quality';
import { isRecord } from '../../support/expect';
import { type MetricCondition, conditionOf, customCondition } from '../metrics/metric-condition';
import { CODE_LENGTH, codeOf, metricOf, shortFloat } from './metric-codes';
import type { MetricSample } from '../metrics/metrics';
import { isDatatype, type MetricValue, type PropertySet } from '../codec/payload';

/** Values of one device as they wait in an outbox; those of 32 bits are the same in 32 bits afterward. */
export interface HistoryRecord {
  readonly deviceId: string;
  readonly samples: readonly MetricSample[];
}

/** Marks what JSON has no form for: a bigint, bytes, a number that is not finite. */
const MARK = '$';
const VERSION = 2;
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
function packCondition({ key, properties }: MetricCondition): unknown {
  return key.startsWith('{') ? pack(properties.properties) : key;
}

function unpackCondition(packed: unknown): MetricCondition {
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

/** Many values have few conditions; up to so many are numbered by one digit each. */
const MOST_DIGITS = 36;

type Column = string | readonly [name: string, type: string];

/** A canonical metric of its usual datatype by its code. */
function packColumn({ name, type }: MetricSample): Column {
  const known = codeOf(name);
  return known?.type === type ? known.code : [name, type];
}

function packConditions(samples: readonly MetricSample[]): unknown {
  const table = [...new Map(samples.map(({ condition }) => [condition.key, condition])).values()];
  const packed = table.map(packCondition);
  if (table.length <= 1) return packed;
  const places = new Map(table.map(({ key }, place) => [key, place]));
  const which = samples.map(({ condition }) => places.get(condition.key) ?? 0);
  return [...packed, table.length <= MOST_DIGITS ? which.map((place) => place.toString(MOST_DIGITS)).join('') : which];
}

/**
 * A record as the text that an outbox keeps, of the second version: a list of the version, the device, the time of the
 * first value, later or earlier times as differences (0 where all are the same), columns (codes of canonical metrics in one
 * text where all are such), values, and the conditions with what value has which.
 */
export function writeHistoryRecord({ deviceId, samples }: HistoryRecord): string {
  const [first] = samples;
  const base = first?.timestamp ?? 0;
  const isSameTime = samples.every(({ timestamp }) => timestamp === base);
  const columns = samples.map(packColumn);
  return JSON.stringify([
    VERSION,
    deviceId,
    base,
    isSameTime ? 0 : samples.map(({ timestamp }) => timestamp - base),
    columns.every((column) => typeof column === 'string') ? columns.join('') : columns,
    samples.map(({ type, value }) => pack(type === 'Float' && typeof value === 'number' ? shortFloat(value) : value)),
    packConditions(samples),
  ]);
}

function unpackColumns(columns: unknown, count: number): readonly { name: string; type: unknown }[] {
  const list: unknown =
    typeof columns === 'string'
      ? Array.from({ length: count }, (_, index) => columns.slice(index * CODE_LENGTH, (index + 1) * CODE_LENGTH))
      : columns;
  if (!Array.isArray(list) || list.length !== count) throw new TypeError('columns');
  return list.map((column: unknown) => {
    if (typeof column !== 'string') {
      const [name, type] = column as readonly unknown[];
      if (typeof name !== 'string') throw new TypeError('no name');
      return { name, type };
    }
    const metric = metricOf(column);
    if (metric === undefined) throw new TypeError(`code ${column}`);
    return metric;
  });
}

function unpackConditions(packed: unknown, count: number): readonly MetricCondition[] {
  if (!Array.isArray(packed)) throw new TypeError('no conditions');
  if (packed.length <= 1) {
    const condition = unpackCondition(packed[0] ?? 'good:');
    return Array.from({ length: count }, () => condition);
  }
  const table = packed.slice(0, -1).map(unpackCondition);
  const which: unknown = packed.at(-1);
  const places = typeof which === 'string' ? Array.from(which).map((digit) => parseInt(digit, MOST_DIGITS)) : which;
  if (!Array.isArray(places) || places.length !== count) throw new TypeError('conditions');
  return places.map((place: unknown) => {
    const condition = table[Number(place)];
    if (condition === undefined) throw new TypeError('no such condition');
    return condition;
  });
}

function readSecond([version, deviceId, base, times, columns, values, conditions]: readonly unknown[]): HistoryRecord {
  if (version !== VERSION || typeof deviceId !== 'string' || !Array.isArray(values)) throw new TypeError('no record');
  const named = unpackColumns(columns, values.length);
  const states = unpackConditions(conditions, values.length);
  const samples = values.map((value: unknown, index): MetricSample => {
    const { name = '', type } = named[index] ?? {};
    const timestamp = Number(base) + (Array.isArray(times) ? Number(times[index]) : 0);
    if (!isDatatype(type) || !Number.isSafeInteger(timestamp)) throw new TypeError('no sample');
    return {
      name,
      type,
      value: unpack(value) as MetricValue,
      timestamp,
      description: NO_DESCRIPTION,
      condition: states[index] ?? unpackCondition('good:'),
    };
  });
  return { deviceId, samples };
}

function readFirst(content: unknown): HistoryRecord {
  if (!isRecord(content) || typeof content['device'] !== 'string' || !Array.isArray(content['samples'])) {
    throw new TypeError('no record');
  }
  return { deviceId: content['device'], samples: content['samples'].map(readSample) };
}

/**
 * Reads what `writeHistoryRecord` wrote, or wrote in its first version; undefined for anything else, for instance a file
 * that was damaged.
 */
export function readHistoryRecord(text: string): HistoryRecord | undefined {
  try {
    const content: unknown = JSON.parse(text);
    return Array.isArray(content) ? readSecond(content) : readFirst(content);
  } catch {
    return undefined;
  }
}

/**
 * Whether a text that `readHistoryRecord` cannot read is a record of a later version, with another form or with metrics that
 * this one does not know, and no file that was damaged: the outbox has found its CRC right.
 */
export function isOfLaterVersion(text: string): boolean {
  try {
    const content: unknown = JSON.parse(text);
    return Array.isArray(content) && Number.isSafeInteger(content[0]) && Number(content[0]) >= VERSION;
  } catch {
    return false;
  }
}
