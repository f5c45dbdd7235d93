import type { Sentence } from '../../support/sentence';
import type { Tolerance } from './tolerances';

/** Numbers of one moment by metric name, in catalog units; absent where the assembly was not read. */
export type Numbers = Record<string, number>;

export const numberAt = (values: Readonly<Numbers>, name: string): number => values[name] ?? 0;

/** What values of a meter have to do with each other, whatever the load. */
export interface Relation {
  /** Metrics that take part; the first is the one that the others foretell. */
  readonly metrics: readonly string[];
  /** How the first follows from the others, in words: "the mean of ...". */
  readonly formula: Sentence;
  /** What the first should be; undefined where nothing can be said at this moment. */
  readonly expected: (values: Readonly<Numbers>) => number | undefined;
  /** What a deviation is measured against; the expected value where absent. */
  readonly size?: (values: Readonly<Numbers>) => number;
  /** The size in words, where it is not the expected value. */
  readonly sizeName?: Sentence;
  /** The formula says it all: the number that is expected is a constant or the middle of a range. */
  readonly isPlain?: boolean;
  /** `least`, `most`: only a value below, above what is expected deviates. */
  readonly bound?: 'least' | 'most';
  readonly tolerance: Omit<Tolerance, 'compared'>;
}

/** How far a relation is off at one moment, as a share of its size; undefined where it says nothing. */
function deviationOf(relation: Relation, values: Readonly<Numbers>): number | undefined {
  for (const name of relation.metrics) if (values[name] === undefined) return undefined;
  const expected = relation.expected(values);
  if (expected === undefined || !Number.isFinite(expected)) return undefined;
  const size = relation.size === undefined ? Math.abs(expected) : relation.size(values);
  if (!(size > 0)) return undefined;
  const off = (numberAt(values, relation.metrics[0] ?? '') - expected) / size;
  if (relation.bound === 'least') return Math.max(0, -off);
  return relation.bound === 'most' ? Math.max(0, off) : Math.abs(off);
}

export interface RelationState {
  readonly state: 'holds' | 'broken' | 'unclear';
  /** Moments at which it said something. */
  readonly count: number;
  /** Median deviation, a share of the size. */
  readonly deviation: number;
}

/** Fewer moments than this decide nothing. */
export const LEAST_MOMENTS = 3;

/**
 * Judges a relation over many moments by its median, so that a load that steps between two reads decides nothing.
 * A bound that is crossed is crossed for good: what was the largest value cannot become smaller.
 */
export function judge(relation: Relation, moments: readonly Readonly<Numbers>[]): RelationState {
  const deviations: number[] = [];
  for (const values of moments) {
    const deviation = deviationOf(relation, values);
    if (deviation !== undefined) deviations.push(deviation);
  }
  const count = deviations.length;
  const { fits, breaks } = relation.tolerance;
  if (count < LEAST_MOMENTS) return { state: 'unclear', count, deviation: Number.NaN };
  deviations.sort((left, right) => left - right);
  const median = deviations[Math.floor(count / 2)] ?? Number.NaN;
  if (relation.bound !== undefined && (deviations[count - LEAST_MOMENTS] ?? 0) > breaks) {
    return { state: 'broken', count, deviation: deviations[count - 1] ?? Number.NaN };
  }
  const state = median > breaks ? 'broken' : median <= fits ? 'holds' : 'unclear';
  return { state, count, deviation: median };
}
