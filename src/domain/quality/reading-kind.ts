import type { ReadingBlock } from '../messages/reading';
import type { Sample } from '../messages/telemetry';
import { blankMetrics } from './sample';

/** What readings of the same blocks have in common. */
export interface ReadingKind {
  readonly provenances: readonly object[];
  /** Every metric of the blocks, in their order. */
  readonly names: readonly string[];
  readonly blank: Readonly<Record<string, Sample>>;
}

/** By the provenance of the first block; at the number of blocks. */
const KINDS = new WeakMap<object, ReadingKind[]>();

/**
 * The kind of a reading, found by its blocks at once; undefined where somebody can change what they say of themselves: only
 * what is frozen may say which metrics a reading has.
 */
export function kindOf(blocks: readonly ReadingBlock[]): ReadingKind | undefined {
  const [first] = blocks;
  const kind = first === undefined ? undefined : KINDS.get(first.provenance)?.[blocks.length];
  return kind !== undefined && isOf(kind, blocks) ? kind : rememberKind(blocks);
}

function isOf({ provenances }: ReadingKind, blocks: readonly ReadingBlock[]): boolean {
  for (let at = 0; at < provenances.length; at++) if (provenances[at] !== blocks[at]?.provenance) return false;
  return true;
}

function rememberKind(blocks: readonly ReadingBlock[]): ReadingKind | undefined {
  const provenances = blocks.map(({ provenance }) => provenance);
  const [first] = provenances;
  if (first === undefined || !provenances.every(Object.isFrozen)) return undefined;
  const names = provenances.flatMap((provenance) => Object.keys(provenance));
  const kind = { provenances, names, blank: blankMetrics(names) };
  const kinds = KINDS.get(first) ?? [];
  kinds[blocks.length] = kind;
  KINDS.set(first, kinds);
  return kind;
}
