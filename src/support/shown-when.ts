import { plainText } from './expect';

/**
 * When a setting counts: each property named has one of these values, any but one, or any text at all. Data, so that the
 * form in the browser, the runtime and a check of a saved flow judge alike.
 */
export type ShownWhen = Readonly<
  Record<string, readonly (string | number | boolean)[] | { readonly not: string | number } | 'filled'>
>;

function meets(wanted: ShownWhen[string], value: unknown): boolean {
  if (wanted === 'filled') return typeof value === 'string' && value.trim() !== '';
  if ('not' in wanted) return String(wanted.not) !== plainText(value);
  // Of several that are chosen one is enough.
  const values = Array.isArray(value) ? value.map(plainText) : [plainText(value)];
  return wanted.some((each) => values.includes(String(each)));
}

/** @param valueOf what the form shows, or what was saved, with defaults */
export function holds(condition: ShownWhen | undefined, valueOf: (property: string) => unknown): boolean {
  return Object.entries(condition ?? {}).every(([property, wanted]) => meets(wanted, valueOf(property)));
}
