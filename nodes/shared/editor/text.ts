const PACKAGE = '@pm500/node-red-powermonitor';

/** Values for the places in a text of a catalog. */
export type Values = Readonly<Record<string, string | number>>;
/** Gives a text of one catalog by its key. */
export type Words<Key extends string = string> = (key: Key, values?: Values) => string;

/** @param type whose catalog has the texts */
export function wordsOf<Key extends string>(type: string): Words<Key> {
  return (key, values) => RED._(`${PACKAGE}/${type}:${type}.${key}`, values);
}

/** What a field or a property holds as text; empty for anything else. */
export const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';
