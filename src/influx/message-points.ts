import { readMessage } from '../domain/messages/read-message';
import { Expect, isRecord, type UnknownRecord } from '../support/expect';
import { alarmPoints } from './alarm-points';
import { MOST_FIELDS, type FieldValue, type Point, type PointColumns } from './line-protocol';
import { parseTime, unitOf, type OnTime, type TimeUnit } from './message-time';
import type { PointMapper, TelemetryPoints } from './points';

/** What a point takes where the payload does not say it. */
export interface PointDefaults extends TimeUnit {
  readonly influxMeasurement: string;
  /** Epoch milliseconds UTC. */
  readonly timestamp: number;
}

/** What senders for other InfluxDB nodes put beside the payload. */
export interface MessageHints {
  readonly measurement?: unknown;
  readonly timestamp?: unknown;
  /** Unit of the timestamps that are numbers. */
  readonly precision?: unknown;
  readonly retentionPolicy?: unknown;
}

/**
 * What a message says of its points. Nothing of it is passed over in silence.
 * @param target its retention policy: points of one target go into one
 * @param now epoch milliseconds, for points without a time
 * @param onTime told of times that are given as numbers
 * @throws Pm500Error MESSAGE_INVALID
 */
export function readHints(
  { measurement, timestamp, precision, retentionPolicy }: MessageHints,
  target: { readonly influxMeasurement: string; readonly retentionPolicy: string },
  now: number,
  onTime?: OnTime,
): PointDefaults {
  if (!isAbsent(retentionPolicy) && retentionPolicy !== target.retentionPolicy) {
    expect.fail('retentionPolicy', retentionPolicy, 'that of the target: choose another influx-target for it');
  }
  const unit = { unitMs: unitOf(expect, precision), onTime };
  return {
    influxMeasurement: isAbsent(measurement) ? target.influxMeasurement : parseMeasurement('measurement', measurement),
    timestamp: isAbsent(timestamp) ? now : parseTime(expect, 'timestamp', timestamp, unit),
    ...unit,
  };
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

/** A number is a name too. */
function parseMeasurement(path: string, value: unknown): string {
  return typeof value === 'number' ? String(value) : expect.text(path, value);
}

const expect = new Expect(
  'MESSAGE_INVALID',
  'send the telemetry of a pm500-normalize node, an object of fields, [fields, tags], or an array of points.',
);

/** In an object of fields this one is the timestamp; InfluxDB refuses a field of that name. */
const TIME_FIELD = 'time';
/** How people write an integer field in a message: digits and an i. */
const INTEGER_TEXT = /^-?\d{1,20}i$/;

/**
 * Points of a message payload: telemetry or an alarm of this package (its diagnostics and layout checks give none), or one
 * of the shapes that the common InfluxDB nodes take: an object of fields; `[fields, tags]`; an array of such pairs; points
 * `{ measurement, fields, tags, timestamp }`, alone or in an array. There numbers become floats, bigints and texts such as
 * "42i" integers, null is left out.
 * @throws Pm500Error MESSAGE_INVALID naming the path
 */
export function parsePoints(
  payload: unknown,
  defaults: PointDefaults,
  mapper: PointMapper,
): TelemetryPoints<Point | PointColumns> {
  const message = readMessage(payload);
  switch (message?.kind) {
    case 'telemetry':
      return mapper.mapColumns(message.telemetry, defaults.influxMeasurement);
    case 'alarm':
      return { points: alarmPoints(message.alarm, defaults.influxMeasurement), mistyped: 0 };
    case 'side':
      return { points: [], mistyped: 0 };
    case undefined:
      return { points: parseShapes(payload, defaults), mistyped: 0 };
  }
}

function parseShapes(payload: unknown, defaults: PointDefaults): readonly Point[] {
  const elements = pointElements(payload);
  if (elements !== undefined) return parseElements(elements, defaults, 0, elements.length);
  if (!Array.isArray(payload)) return [parseElement('payload', payload, defaults)];
  const pair = payload as readonly unknown[];
  if (pair.length === 0) expect.fail('payload', payload, 'at least one point');
  return [parsePair('payload', pair, defaults)];
}

/** The elements of a payload that is an array of points; undefined where it is something else. */
export function pointElements(payload: unknown): readonly unknown[] | undefined {
  if (!Array.isArray(payload)) return undefined;
  const elements = payload as readonly unknown[];
  return Array.isArray(elements[0]) || isPoint(elements[0]) ? elements : undefined;
}

/**
 * Points of the elements from one place to before another.
 * @throws Pm500Error MESSAGE_INVALID naming the path
 */
export function parseElements(
  elements: readonly unknown[],
  defaults: PointDefaults,
  from: number,
  to: number,
): readonly Point[] {
  const points: Point[] = [];
  // By place: an array may have holes, which its own functions pass over.
  for (let at = from; at < Math.min(to, elements.length); at += 1) {
    points.push(parseElement(`payload[${at}]`, elements[at], defaults));
  }
  return points;
}

function parseElement(path: string, element: unknown, defaults: PointDefaults): Point {
  if (Array.isArray(element)) return parsePair(path, element as readonly unknown[], defaults);
  if (!isPoint(element)) return parseFields(path, element, {}, defaults);
  const measurement = element['measurement'] ?? defaults.influxMeasurement;
  const given = element['timestamp'] ?? element[TIME_FIELD];
  return parseFields(`${path}.fields`, element['fields'], parseTags(`${path}.tags`, element['tags']), {
    ...defaults,
    influxMeasurement: parseMeasurement(`${path}.measurement`, measurement),
    timestamp: isAbsent(given) ? defaults.timestamp : parseTime(expect, `${path}.timestamp`, given, defaults),
  });
}

function isPoint(element: unknown): element is UnknownRecord {
  return isRecord(element) && isRecord(element['fields']);
}

function parsePair(path: string, pair: readonly unknown[], defaults: PointDefaults): Point {
  if (pair.length > 2) expect.fail(path, pair, '[fields, tags]');
  return parseFields(`${path}[0]`, pair[0], parseTags(`${path}[1]`, pair[1]), defaults);
}

function parseFields(path: string, given: unknown, tags: Point['tags'], defaults: PointDefaults): Point {
  const record = expect.record(path, given);
  // Bytes, dates and maps are objects too, but not of fields; objects of a function node have another prototype.
  const kind = Object.prototype.toString.call(record).slice('[object '.length, -1);
  if (kind !== 'Object') expect.fail(path, given, `an object of fields, no ${kind}`);
  const fields: Record<string, FieldValue> = {};
  let { timestamp } = defaults;
  for (const name of namesIn(path, record)) {
    const value = record[name];
    if (value === null || value === undefined) continue;
    if (name === TIME_FIELD) timestamp = parseTime(expect, `${path}.${name}`, value, defaults);
    else setOwn(fields, name, parseField(`${path}.${name}`, value));
  }
  return { influxMeasurement: defaults.influxMeasurement, tags, fields, timestamp };
}

/** Counted before anything is made of them. */
function namesIn(path: string, record: UnknownRecord): readonly string[] {
  const names = Object.keys(record);
  return names.length <= MOST_FIELDS ? names : expect.fail(path, record, `at most ${MOST_FIELDS} names in one point`);
}

/** Also of a name such as __proto__, which an assignment would not keep. */
function setOwn<Value>(record: Record<string, Value>, name: string, value: Value): void {
  if (name !== '__proto__') record[name] = value;
  else Object.defineProperty(record, name, { value, enumerable: true, writable: true, configurable: true });
}

function parseField(path: string, value: unknown): FieldValue {
  if (typeof value === 'string') return INTEGER_TEXT.test(value) ? BigInt(value.slice(0, -1)) : value;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return value;
  return expect.fail(path, value, 'a number, text, true or false');
}

function parseTags(path: string, given: unknown): Point['tags'] {
  if (given === undefined || given === null) return {};
  const tags: Record<string, string> = {};
  const record = expect.record(path, given);
  for (const name of namesIn(path, record)) {
    const value = record[name];
    if (value === null || value === undefined) continue;
    const isPlain = typeof value === 'number' || typeof value === 'boolean';
    setOwn(tags, name, isPlain ? String(value) : expect.text(`${path}.${name}`, value));
  }
  return tags;
}
