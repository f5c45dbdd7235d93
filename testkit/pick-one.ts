import type { Random } from '../src/support/random';

/** One of some items, of which there is at least one. */
export function pickOne<Item>(random: Random, items: readonly Item[]): Item {
  return items[Math.floor(random() * items.length)]!;
}
