import type { Values } from './values';

const PACKAGE = '@pm500/node-red-powermonitor';

/** Gives a text of one catalog by its key. */
export type Words<Key extends string = string> = (key: Key, values?: Values) => string;

/** @param type whose catalog has the texts */
export function wordsOf<Key extends string>(type: string): Words<Key> {
  return (key, values) => RED._(`${PACKAGE}/${type}:${type}.${key}`, values);
}
