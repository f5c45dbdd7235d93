import { camelCase } from '../domain/shapes/camel-case';
import { isRecord } from '../support/expect';

/** How names of metrics, of tags and of what is in an event are written. */
export const NAMINGS = ['snake_case', 'camelCase'] as const;
export type Naming = (typeof NAMINGS)[number];

/** Messages of this package are not as deep; whatever else comes must not fill the stack. */
const DEEPEST = 20;

/** `recordsPerSecond` becomes `records_per_second`. */
function snakeCase(name: string): string {
  return name.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
}

const RENAMES: Readonly<Record<Naming, (name: string) => string>> = { snake_case: snakeCase, camelCase };

/** The names of metrics are those of the table, which are snake_case, and of a site's layout file. */
export function metricNamer(naming: Naming): (name: string) => string {
  return naming === 'camelCase' ? camelCase : (name) => name;
}

/** An object with its names in the chosen case; where two become the same, the later one stays. */
export function renamed<Value>(members: Readonly<Record<string, Value>>, naming: Naming): Record<string, Value> {
  const rename = RENAMES[naming];
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [rename(name), value]));
}

/** The same of everything in it. */
export function renamedDeep(value: unknown, naming: Naming, depth = 0): unknown {
  if (depth > DEEPEST) return null;
  if (Array.isArray(value)) return value.map((each) => renamedDeep(each, naming, depth + 1));
  if (!isRecord(value)) return value;
  const below = Object.entries(value).map(([name, each]) => [name, renamedDeep(each, naming, depth + 1)] as const);
  return renamed(Object.fromEntries(below), naming);
}
