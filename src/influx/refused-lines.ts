import { escapeName } from './escape';
import { parseDropped, parseFieldConflict, type FieldConflict } from './refusal';

/** What a server said against a request. */
export interface Complaint {
  readonly text: string;
  /** Lines that it numbers, counted from 1. */
  readonly lineNumbers?: readonly number[];
}

/** More of a text is not searched: what it leaves out is found with the next request. */
const MOST_CHARACTERS = 64 * 1024;
const UNPARSABLE = "unable to parse '";
const BEYOND_RETENTION = /beyond retention policy|outside retention policy/;
/** InfluxDB Cloud and its kin: "error parsing line 2 (1-based): ...", "error in line 2: ..." */
const NUMBERED = /\b(?:parsing|in|on) line (\d{1,9})\b/g;

/** True where a complaint is about lines, whatever the status that it came with. */
export function isAboutLines({ text, lineNumbers = [] }: Complaint): boolean {
  return (
    lineNumbers.length > 0 ||
    /partial write|unable to parse|field type conflict|max-(series|values)-per/.test(text.slice(0, MOST_CHARACTERS))
  );
}

export function isBeyondRetention(text: string): boolean {
  return BEYOND_RETENTION.test(text);
}

/**
 * Places of the lines that a complaint points at, ascending: by number, by quoting them, by a field and its type, or by
 * their age. None where it does not tell; more than it refused where they look alike.
 */
export function namedLines(lines: readonly string[], complaint: Complaint): readonly number[] {
  const text = complaint.text.slice(0, MOST_CHARACTERS);
  const found = new Set<number>();
  for (const number of [...(complaint.lineNumbers ?? []), ...numbersIn(text)]) {
    if (number >= 1 && number <= lines.length) found.add(number - 1);
  }
  if (text.includes(UNPARSABLE)) for (const place of quotedLines(lines, text)) found.add(place);
  const conflict = parseFieldConflict(text);
  if (conflict !== undefined && found.size === 0) {
    const isConflicting = conflictFinder(conflict);
    lines.forEach((line, place) => {
      if (isConflicting(line)) found.add(place);
    });
  }
  if (found.size === 0 && BEYOND_RETENTION.test(text) && !text.includes('Upper Bound')) {
    for (const place of oldestLines(lines, parseDropped(text) ?? 0)) found.add(place);
  }
  return [...found].sort((left, right) => left - right);
}

function numbersIn(text: string): readonly number[] {
  return [...text.matchAll(NUMBERED)].map(([, number]) => Number(number));
}

/** A line may hold whatever ends a quotation, so each end is tried. */
function quotedLines(lines: readonly string[], text: string): readonly number[] {
  const places = new Map<string, number[]>();
  lines.forEach((line, place) => {
    const known = places.get(line);
    if (known === undefined) places.set(line, [place]);
    else known.push(place);
  });
  // Only what is as long as a line can be one: to look up every piece would take the square of the text.
  const lengths = new Set(lines.map(({ length }) => length));
  const found: number[] = [];
  for (const piece of text.split(UNPARSABLE).slice(1)) {
    for (let end = piece.indexOf("'"); end !== -1; end = piece.indexOf("'", end + 1)) {
      const known = lengths.has(end) ? places.get(piece.slice(0, end)) : undefined;
      if (known === undefined) continue;
      found.push(...known);
      break;
    }
  }
  return found;
}

/** Tells whether a line gives a field the type that a database does not take. */
export function conflictFinder({ influxMeasurement, field, given }: FieldConflict): (line: string) => boolean {
  const measurement = escapeName(influxMeasurement);
  const key = `${escapeName(field)}=`;
  const isGiven = typeTest(given);
  return (line) => {
    if (measurement !== '' && !(line.startsWith(`${measurement},`) || line.startsWith(`${measurement} `))) return false;
    for (let at = line.indexOf(key); at !== -1; at = line.indexOf(key, at + 1)) {
      const before = line[at - 1];
      if ((before === ',' || before === ' ') && isGiven(line, at + key.length)) return true;
    }
    return false;
  };
}

function typeTest(type: string): (line: string, at: number) => boolean {
  if (type.endsWith('string')) return (line, at) => line[at] === '"';
  if (type.endsWith('bool') || type.endsWith('boolean')) return (line, at) => /[tTfF]/.test(line[at] ?? '');
  const isNumber = (line: string, at: number, ending: string): boolean => {
    let end = at;
    while (end < line.length && line[end] !== ',' && line[end] !== ' ') end += 1;
    const last = line[end - 1] ?? '';
    return /[-+.\d]/.test(line[at] ?? '') && (ending === '' ? /\d/.test(last) : last === ending);
  };
  if (type.endsWith('unsigned') || type.endsWith('uinteger')) return (line, at) => isNumber(line, at, 'u');
  if (type.endsWith('integer')) return (line, at) => isNumber(line, at, 'i');
  if (type.endsWith('float')) return (line, at) => isNumber(line, at, '');
  return () => true;
}

/** The timestamp of a line, in the unit of the line. */
export function timestampOf(line: string): number {
  return Number(line.slice(line.lastIndexOf(' ') + 1));
}

function oldestLines(lines: readonly string[], count: number): readonly number[] {
  const byAge = lines
    .map((line, place) => ({ place, at: timestampOf(line) }))
    .filter(({ at }) => !Number.isNaN(at))
    .sort((left, right) => left.at - right.at);
  return byAge.slice(0, count).map(({ place }) => place);
}
