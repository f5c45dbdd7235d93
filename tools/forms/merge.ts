import type { Catalog } from './html';

/** Both catalogs in one; where both have a text, the one of `own`. */
export function merge(into: Catalog, own: Catalog): Catalog {
  const merged: Record<string, string | Catalog> = { ...into };
  for (const [key, value] of Object.entries(own)) {
    const below = merged[key];
    merged[key] = typeof value === 'object' && typeof below === 'object' ? merge(below, value) : value;
  }
  return merged;
}
