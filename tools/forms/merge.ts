import type { Catalog } from './html';

/**
 * Both catalogs in one; where both have a text, the one of `own`.
 * @throws Error where a key is a text in one and has texts below it in the other: one of them would be lost
 */
export function merge(into: Catalog, own: Catalog): Catalog {
  const merged: Record<string, string | Catalog> = { ...into };
  for (const [key, value] of Object.entries(own)) {
    const below = merged[key];
    if (below !== undefined && typeof below !== typeof value)
      throw new Error(`"${key}" is a text, and a part with texts: call one of them something else.`);
    merged[key] = typeof value === 'object' && typeof below === 'object' ? merge(below, value) : value;
  }
  return merged;
}
