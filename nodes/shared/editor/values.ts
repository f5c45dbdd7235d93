/** Values for the places in a text of a catalog. */
export type Values = Readonly<Record<string, string | number>>;

/** What a field or a property holds as text; empty for anything else. */
export const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';
