import { camelCase } from '../domain/shapes/camel-case';
import { Pm500Error } from '../support/errors';
import type { UnknownRecord } from '../support/expect';

/** How names of metrics, of tags and of what is in an event are written. */
export const NAMINGS = ['snake_case', 'camelCase'] as const;
export type Naming = (typeof NAMINGS)[number];

/** `recordsPerSecond` becomes `records_per_second`. */
function snakeCase(name: string): string {
  // Nearly all names are so already.
  return name.toLowerCase() === name ? name : name.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
}

const RENAMES: Readonly<Record<Naming, (name: string) => string>> = { snake_case: snakeCase, camelCase };

/** The names of metrics are those of the table, which are snake_case, and of a site's layout file. */
export function metricNamer(naming: Naming): (name: string) => string {
  return naming === 'camelCase' ? camelCase : (name) => name;
}

/** An object with its names in the chosen case. A name that would become that of another member stays as it is. */
export function renamed<Value>(
  members: Readonly<Record<string, Value>>,
  naming: Naming,
): Readonly<Record<string, Value>> {
  return withNames(members, RENAMES[naming]);
}

function withNames<Value>(
  members: Readonly<Record<string, Value>>,
  rename: (name: string) => string,
): Readonly<Record<string, Value>> {
  const entries = Object.entries(members);
  const names = entries.map(([name]) => rename(name));
  const kept = entries.flatMap(([name], at) => (names[at] === name ? name : []));
  if (kept.length === entries.length) return members;
  const taken = new Set(kept);
  return Object.fromEntries(
    entries.map(([name, value], at) => {
      const found = names[at] ?? name;
      const own = found !== name && taken.has(found) ? name : found;
      taken.add(own);
      return [own, value];
    }),
  );
}

/** Stable codes, such as ENIP_REPLY_TIMEOUT, are the same everywhere. */
const CODE = /^[A-Z][A-Z0-9_]*$/;
/** Members whose names are data, not words of a contract: error codes, and reasons of a quality. */
const NAMED_BY_DATA: ReadonlySet<string> = new Set(['failures', 'reasons']);
/** Messages of this package are not as deep and have far fewer members; one that refers to itself would never end. */
const DEEPEST = 20;
const MOST_MEMBERS = 100_000;

/**
 * A message with all its names in the chosen case, also those of what is in it.
 * @throws Pm500Error MESSAGE_INVALID where it is too deep or has too many members
 */
export function renamedDeep(message: UnknownRecord, naming: Naming): UnknownRecord {
  const rename = (name: string): string => (CODE.test(name) ? name : RENAMES[naming](name));
  let members = 0;
  const one = (value: unknown, depth: number, isNamedByData: boolean): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (depth > DEEPEST) throw tooMuch(`is nested deeper than ${DEEPEST} levels, or holds itself`);
    if (Array.isArray(value)) {
      count(value.length);
      return value.map((each) => one(each, depth + 1, false));
    }
    return whole(value as UnknownRecord, depth, isNamedByData);
  };
  const whole = (value: UnknownRecord, depth: number, isNamedByData: boolean): UnknownRecord => {
    const entries = Object.entries(value);
    count(entries.length);
    const below = Object.fromEntries(
      entries.map(([name, each]) => [name, one(each, depth + 1, NAMED_BY_DATA.has(name))]),
    );
    return isNamedByData ? below : withNames(below, rename);
  };
  const count = (more: number): void => {
    members += more;
    if (members > MOST_MEMBERS) throw tooMuch(`has more than ${MOST_MEMBERS} members, or holds itself`);
  };
  return whole(message, 0, false);
}

const tooMuch = (what: string): Pm500Error =>
  new Pm500Error('MESSAGE_INVALID', `The message ${what}; send what a node of this package has sent, as it came.`);
