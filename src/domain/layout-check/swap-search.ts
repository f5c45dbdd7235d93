import type { Fault } from './verdict';
import type { JudgedRelation, RelationSet } from './relation-set';
import { LAYOUT_SENTENCES, metricPlace } from './sentences';
import { describeRelation } from './words';

type Pair = readonly [string, string];

function pairsOf(names: readonly string[]): Pair[] {
  return names.flatMap((first, index) => names.slice(index + 1).map((second): Pair => [first, second]));
}

/** Two metrics whose exchange would mend everything that is broken. */
function mendingPairs(
  set: RelationSet,
  broken: readonly JudgedRelation[],
  assemblies: readonly (readonly string[])[],
): readonly Pair[] {
  return assemblies
    .flatMap(pairsOf)
    .filter(([first, second]) =>
      broken.every(({ relation: { metrics } }) => metrics.includes(first) || metrics.includes(second)),
    )
    .filter(([first, second]) => !set.breaksBySwap(first, second));
}

const { say } = LAYOUT_SENTENCES;

const MOST_SENTENCES = 3;

/**
 * Who is to blame for broken relations: the pair whose exchange mends them all where there is one, else everything that
 * takes part in them.
 * @param assemblies metric names, assembly by assembly
 */
export function blame(
  set: RelationSet,
  broken: readonly JudgedRelation[],
  assemblies: readonly (readonly string[])[],
): readonly Fault[] {
  if (broken.length === 0) return [];
  const pairs = mendingPairs(set, broken, assemblies);
  if (pairs.length > 0) {
    const sentences = broken.map(({ relation, state }) => describeRelation(relation, state, set.moments));
    const seen = sentences.slice(0, MOST_SENTENCES).reduceRight((second, first) => say('both', { first, second }));
    const named = pairs
      .map(([first, second]) => say('pair', { first: metricPlace(first), second: metricPlace(second) }))
      .reduceRight((second, first) => say('either', { first, second }));
    return [{ metrics: [...new Set(pairs.flat())], evidence: say('exchanged', { seen, pairs: named }) }];
  }
  return broken.map(({ relation, state }) => ({
    metrics: relation.metrics,
    evidence: describeRelation(relation, state, set.moments),
  }));
}
