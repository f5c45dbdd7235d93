import { CATALOG } from '../../metrics/catalog';
import type { Metric, Provenance } from '../../metrics/measurement';
import type { ReadingBlock } from '../messages/reading';
import { blankMetrics, type Blank } from './sample';

/** A metric that a block promises. */
export interface Promised {
  readonly name: string;
  /** Undefined for one that the catalog does not have. */
  readonly metric: Metric | undefined;
  readonly provenance: Provenance;
}

/** What readings of the same blocks have in common. */
export interface ReadingKind {
  readonly provenances: readonly ReadingBlock['provenance'][];
  /** What each block promises. */
  readonly promised: readonly (readonly Promised[])[];
  /** Every metric of the blocks, in their order. */
  readonly names: readonly string[];
  /** Begins metrics that get a sample of each name. */
  readonly blank: Blank;
}

const CATALOG_BY_NAME: ReadonlyMap<string, Metric> = new Map(CATALOG.map((metric) => [metric.name, metric]));

/** By the provenance of the first block; at the number of blocks. */
const KINDS = new WeakMap<object, ReadingKind[]>();

/**
 * The kind of a reading, worked out once; undefined where somebody can change what its blocks say of themselves: only
 * what is frozen may say which metrics a reading has.
 */
export function kindOf(blocks: readonly ReadingBlock[]): ReadingKind | undefined {
  const [first] = blocks;
  const kind = first === undefined ? undefined : KINDS.get(first.provenance)?.[blocks.length];
  return kind !== undefined && isOf(kind, blocks) ? kind : rememberKind(blocks);
}

export function promisedBy(provenance: ReadingBlock['provenance']): readonly Promised[] {
  return Object.keys(provenance).map((name) => ({
    name,
    metric: CATALOG_BY_NAME.get(name),
    provenance: provenance[name] ?? 'assumed',
  }));
}

function isOf({ provenances }: ReadingKind, blocks: readonly ReadingBlock[]): boolean {
  for (let at = 0; at < provenances.length; at++) if (provenances[at] !== blocks[at]?.provenance) return false;
  return true;
}

function rememberKind(blocks: readonly ReadingBlock[]): ReadingKind | undefined {
  const provenances = blocks.map(({ provenance }) => provenance);
  const [first] = provenances;
  if (first === undefined || !provenances.every(Object.isFrozen)) return undefined;
  const promised = provenances.map(promisedBy);
  const names = promised.flatMap((each) => each.map(({ name }) => name));
  const kind = { provenances, promised, names, blank: blankMetrics(names) };
  const kinds = KINDS.get(first) ?? [];
  kinds[blocks.length] = kind;
  KINDS.set(first, kinds);
  return kind;
}
