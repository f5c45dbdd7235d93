import { Pm500Error } from '../support/errors';
import { escapeName, quoteString } from './escape';

/**
 * The value of a field. The JavaScript type decides the InfluxDB type, so a field keeps its type whatever its value:
 * number is a float (also 1), bigint a 64-bit integer, `{ unsigned }` an unsigned 64-bit integer.
 */
export type FieldValue = number | bigint | boolean | string | { readonly unsigned: bigint };

/** One point of a series. */
export interface Point {
  /** Name of the InfluxDB measurement. */
  readonly influxMeasurement: string;
  /** Empty keys and values are left out: line protocol has none. */
  readonly tags: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, FieldValue>>;
  /** Epoch milliseconds UTC. Always set, so that a resend overwrites instead of adding. */
  readonly timestamp: number;
}

/** The same with its fields in columns, each name beside its value: cheaper to make, where lines are all that is wanted. */
export interface PointColumns extends Omit<Point, 'fields'> {
  readonly names: readonly string[];
  readonly values: readonly FieldValue[];
}

type Series = Pick<Point, 'influxMeasurement' | 'tags'>;

/** Names and tag sets that are remembered escaped; beyond it they are forgotten together, so memory stays flat. */
const CACHE_SIZE = 10_000;
/** Longer ones are not remembered. */
const MOST_CACHED_CHARACTERS = 4000;
/** Fields of one point. More is the work of somebody who sends something else by mistake, and holds up everything. */
export const MOST_FIELDS = 10_000;
/** Characters of a name: InfluxDB takes 65 535 bytes of measurement and tags together. */
const MOST_NAME_CHARACTERS = 65_535;
/** Characters of a text; InfluxDB 1 and 2 promise 64 kB. To escape one of hundreds of megabytes would end the process. */
const MOST_TEXT_CHARACTERS = 1_000_000;
/** Characters of a line; it has to fit into a request. */
const MOST_LINE_CHARACTERS = 10_000_000;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const UINT64_MAX = 2n ** 64n - 1n;

/** Turns points into line protocol with millisecond timestamps. Not shared state but speed: it remembers names. */
export class LineSerializer {
  /** With the comma before and the sign behind. */
  private readonly fieldKeys = new Map<string, string>();
  private readonly seriesKeys = new Map<string, string>();
  /** Of tag sets that cannot change, by the set itself: what a mapper gives again and again. */
  private readonly frozenSets = new WeakMap<
    Point['tags'],
    { readonly influxMeasurement: string; readonly text: string }
  >();
  private skippedValues = 0;

  /** Values left out so far because line protocol cannot carry them: NaN, infinities, integers beyond 64 bits. */
  get skipped(): number {
    return this.skippedValues;
  }

  /**
   * One line without a line break, or undefined when no field is left.
   * @throws Pm500Error LINE_PROTOCOL_INVALID for a measurement or timestamp that line protocol cannot carry
   */
  serialize(point: Point | PointColumns): string | undefined {
    const fieldSet = 'names' in point ? this.ofColumns(point) : this.ofMembers(point);
    if (fieldSet === '') return undefined;
    return `${this.seriesKey(point)}${fieldSet} ${formatTimestamp(point.timestamp)}`;
  }

  private ofMembers(point: Point): string {
    let fieldSet = '';
    let count = 0;
    const { fields } = point;
    for (const name in fields) {
      count += 1;
      if (count > MOST_FIELDS || fieldSet.length > MOST_LINE_CHARACTERS) throw tooLarge(point);
      fieldSet += this.field(fieldSet === '', name, fields[name]);
    }
    return fieldSet;
  }

  private ofColumns(point: PointColumns): string {
    let fieldSet = '';
    const { names, values } = point;
    if (names.length > MOST_FIELDS) throw tooLarge(point);
    for (let at = 0; at < names.length; at += 1) {
      if (fieldSet.length > MOST_LINE_CHARACTERS) throw tooLarge(point);
      fieldSet += this.field(fieldSet === '', names[at] ?? '', values[at]);
    }
    return fieldSet;
  }

  /** A field with what parts it from the one before it, or from the series. */
  private field(isFirst: boolean, name: string, value: FieldValue | null | undefined): string {
    const text = typeof value === 'number' ? formatFloat(value) : formatField(value);
    if (text === undefined || name === '') {
      this.skippedValues += 1;
      return '';
    }
    const key = this.fieldKeys.get(name) ?? this.rememberField(name);
    return (isFirst ? ` ${key.slice(1)}` : key) + text;
  }

  private seriesKey(point: Series): string {
    const { influxMeasurement, tags } = point;
    const known = this.frozenSets.get(tags);
    if (known?.influxMeasurement === influxMeasurement) return known.text;
    const text = this.rememberSeries(point);
    if (Object.isFrozen(tags)) this.frozenSets.set(tags, { influxMeasurement, text });
    return text;
  }

  private rememberSeries(point: Series): string {
    const { influxMeasurement, tags } = point;
    // With lengths, so that no text can look like the end of another.
    let key = `${influxMeasurement.length} ${influxMeasurement}`;
    for (const name in tags) {
      const value = tags[name] ?? '';
      key += ` ${name.length} ${name}${value.length} ${value}`;
    }
    return this.seriesKeys.get(key) ?? remember(this.seriesKeys, key, formatSeries(point));
  }

  private rememberField(name: string): string {
    return remember(this.fieldKeys, name, `,${escapeName(boundedName(name))}=`);
  }
}

function remember(cache: Map<string, string>, key: string, text: string): string {
  if (key.length > MOST_CACHED_CHARACTERS) return text;
  if (cache.size >= CACHE_SIZE) cache.clear();
  cache.set(key, text);
  return text;
}

/** Measurement and tag set; tags in byte order of their keys, as InfluxDB sorts them. */
function formatSeries({ influxMeasurement, tags }: Series): string {
  checkMeasurement(influxMeasurement);
  const keys = Object.keys(tags).filter((key) => key !== '' && (tags[key] ?? '') !== '');
  keys.sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
  return [
    escapeName(boundedName(influxMeasurement)),
    ...keys.map((key) => `${escapeName(boundedName(key))}=${escapeName(boundedName(tags[key] ?? ''))}`),
  ].join(',');
}

/** What the name of a measurement looks like. */
export const MEASUREMENT_PATTERN = String.raw`^[^\s#]`;

/**
 * Refuses names that would not arrive: an empty one, and a leading `#`, which makes a line a comment.
 * @throws Pm500Error LINE_PROTOCOL_INVALID
 */
export function checkMeasurement(influxMeasurement: string): void {
  if (influxMeasurement !== '' && !influxMeasurement.startsWith('#')) return;
  const message = `The InfluxDB measurement "${influxMeasurement}" cannot be written: give a name that is not empty and does not begin with #.`;
  throw new Pm500Error('LINE_PROTOCOL_INVALID', message);
}

function tooLarge({ influxMeasurement }: Series): Pm500Error {
  const message = `A point of ${influxMeasurement.slice(0, 40)} has more than ${MOST_FIELDS} fields or ${MOST_LINE_CHARACTERS} characters: send it as several.`;
  return new Pm500Error('LINE_PROTOCOL_INVALID', message);
}

function boundedName(name: string): string {
  if (name.length <= MOST_NAME_CHARACTERS) return name;
  const message = `A name or tag of ${name.length} characters, "${name.slice(0, 40)}…", cannot be written to InfluxDB: give at most ${MOST_NAME_CHARACTERS}.`;
  throw new Pm500Error('LINE_PROTOCOL_INVALID', message);
}

function boundedText(text: string): string {
  if (text.length <= MOST_TEXT_CHARACTERS) return text;
  const message = `A text of ${text.length} characters is too long for a field of InfluxDB: give at most ${MOST_TEXT_CHARACTERS}.`;
  throw new Pm500Error('LINE_PROTOCOL_INVALID', message);
}

function formatFloat(value: number): string | undefined {
  return Number.isFinite(value) ? String(value) : undefined;
}

function formatField(value: Exclude<FieldValue, number> | null | undefined): string | undefined {
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'string') return quoteString(boundedText(value));
  if (typeof value === 'bigint') return value >= INT64_MIN && value <= INT64_MAX ? `${String(value)}i` : undefined;
  if (value === null || value === undefined || value.unsigned < 0n || value.unsigned > UINT64_MAX) return undefined;
  return `${String(value.unsigned)}u`;
}

function formatTimestamp(timestamp: number): string {
  const milliseconds = Math.round(timestamp);
  if (Number.isSafeInteger(milliseconds)) return String(milliseconds);
  const message = `The timestamp ${timestamp} cannot be written to InfluxDB: give epoch milliseconds.`;
  throw new Pm500Error('LINE_PROTOCOL_INVALID', message);
}
