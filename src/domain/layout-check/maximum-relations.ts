import { POWER_NAMES, VOLTAGE_CURRENT_NAMES } from '../../metrics/catalog';
import { numberAt, type Relation } from './relation';
import { metricPlace, RELATION_SENTENCES } from './sentences';
import { TOLERANCES } from './tolerances';

const { say } = RELATION_SENTENCES;

/** Maxima of signed values may be of their sizes or not: nothing is said of these. */
const UNSIGNED = /^(voltage|current|apparent_power)_|^frequency$/;

/**
 * A maximum is never below the value at the same moment. It may be far above: a motor that started between two reads
 * has left its trace in the maximum alone.
 */
export function maximumRelations(exists: (name: string) => boolean): readonly Relation[] {
  const bounds = [...VOLTAGE_CURRENT_NAMES, ...POWER_NAMES].filter(exists).map((name): Relation => ({
    metrics: [`max_${name}`, name],
    formula: say('least', { metric: metricPlace(name) }),
    expected: (values) => {
      const now = numberAt(values, name);
      return now > 0 || UNSIGNED.test(name) ? now : undefined;
    },
    ...(name.startsWith('power_factor') ? { size: () => 1 } : {}),
    bound: 'least',
    tolerance: TOLERANCES.maximum,
  }));
  const frequency: Relation = {
    metrics: ['max_frequency'],
    formula: say('mostFrequency'),
    isPlain: true,
    expected: () => 70,
    bound: 'most',
    tolerance: TOLERANCES.maximumFrequency,
  };
  const factors = ['l1', 'l2', 'l3', 'total'].map((suffix): Relation => ({
    metrics: [`max_power_factor_${suffix}`],
    formula: say('mostOne'),
    isPlain: true,
    expected: () => 1,
    bound: 'most',
    tolerance: TOLERANCES.maximumFactor,
  }));
  return [...bounds, frequency, ...factors];
}
