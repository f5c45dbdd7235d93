import type { Sentence } from '../support/sentence';
import { INFLUX_WORDS } from './words';

const { say } = INFLUX_WORDS;

/** A field that the database holds under another type than the line gives it. */
export interface FieldConflict {
  readonly influxMeasurement: string;
  readonly field: string;
  /** Type in the line that was refused. */
  readonly given: string;
  /** Type that the database holds. */
  readonly existing: string;
}

/** InfluxDB 1 and 2: `input field "f" on measurement "m" is type string, already exists as type float`. */
const TYPE_CONFLICT = /" is type (\w{1,40}), already exists as type (\w{1,40})/;
const FIELD_BEGIN = 'input field "';
const MEASUREMENT_BEGIN = '" on measurement "';
/** InfluxDB 3: `invalid field value in line protocol for field 'f' on line 1: expected type float, but got string`. */
const TYPE_CONFLICT_V3 =
  /field(?: value in line protocol for field)? '(.{0,256}?)' on line \d{1,9}: expected type ([\w:]{1,80}), but got ([\w:]{1,80})/;

/** InfluxDB 3: `invalid column type for column 'f', expected iox::column_type::field::float, got iox::column_type::field::string`. */
const COLUMN_CONFLICT_V3 = /invalid column type for column '([^']*)', expected ([\w:]{1,80}), got ([\w:]{1,80})/;
/** A server says it in its first words; more is the business of lines. */
const MOST_CHARACTERS = 4096;

/** Which field a refusal is about; undefined where it says something else. */
export function parseFieldConflict(text: string): FieldConflict | undefined {
  const beginning = text.slice(0, MOST_CHARACTERS);
  const quoted = parseQuotedConflict(beginning);
  if (quoted !== undefined) return quoted;
  const [, name, expected = '', got = ''] =
    TYPE_CONFLICT_V3.exec(beginning) ?? COLUMN_CONFLICT_V3.exec(beginning) ?? [];
  return name === undefined ? undefined : { influxMeasurement: '', field: name, given: got, existing: expected };
}

/** Not by one expression: names may hold quotes, and to try each of them as an end takes the square of the text. */
function parseQuotedConflict(text: string): FieldConflict | undefined {
  const begin = text.indexOf(FIELD_BEGIN);
  if (begin === -1) return undefined;
  const rest = text.slice(begin + FIELD_BEGIN.length);
  const end = TYPE_CONFLICT.exec(rest);
  const split = rest.indexOf(MEASUREMENT_BEGIN);
  if (end === null || split === -1 || split >= end.index) return undefined;
  const [, given = '', existing = ''] = end;
  const influxMeasurement = rest.slice(split + MEASUREMENT_BEGIN.length, end.index);
  return { influxMeasurement, field: rest.slice(0, split), given, existing };
}

/** How many points a server says it refused of those that it understood; undefined where it does not say so. */
export function parseDropped(text: string): number | undefined {
  const found = /\bdropped(?:=| )(\d{1,9})\b/.exec(text);
  return found === null ? undefined : Number(found[1]);
}

/** What a person can do about a line that was refused. */
export function refusalAdvice(complaint: string): Sentence {
  const text = complaint.slice(0, MOST_CHARACTERS);
  const conflict = parseFieldConflict(text);
  if (conflict !== undefined) {
    const { field, given, existing } = conflict;
    return say('conflict', { field, given, existing });
  }
  if (/beyond retention policy|outside (the )?retention/i.test(text)) return say('retention');
  return say(/max-(series|values)-per|limit exceeded/i.test(text) ? 'limit' : 'message');
}

/** Refusals with a status of a bad line that are about the request: no line would fare better. */
const REQUEST_FAULTS: readonly (readonly [pattern: RegExp, advice: Sentence])[] = [
  // How servers and proxies answer plain HTTP on a TLS port, in a 400 that says nothing about the lines.
  [/https? request.{0,200}https/i, say('https')],
  [/retention policy not found/i, say('retentionPolicy')],
  [/database is required|database name required/i, say('noDatabase')],
  [/org(anization)? .{0,200}not found|bucket .{0,200}not found/i, say('organization')],
  [/(invalid|unknown|unsupported)\b.{0,20}precision/i, say('precision')],
  [/\bgzip: |invalid gzip|content.encoding/i, say('gzip')],
];

/** What a person can do where a refusal is about the request and not about its lines; undefined where it is not. */
export function requestFaultAdvice(complaint: string): Sentence | undefined {
  const text = complaint.slice(0, MOST_CHARACTERS);
  if (/unable to parse|partial write/i.test(text)) return undefined;
  return REQUEST_FAULTS.find(([pattern]) => pattern.test(text))?.[1];
}
