import { numberAt, type Numbers, type Relation } from './relation';
import { metricPlace, RELATION_SENTENCES } from './sentences';
import { TOLERANCES, type Tolerance } from './tolerances';
import { mean, PHASES } from './voltage-current-relations';

const { say } = RELATION_SENTENCES;

const SUFFIXES = ['l1', 'l2', 'l3', 'total'] as const;
const FREQUENCY = { middle: 55, half: 15 } as const;

/**
 * Powers and power factors of one assembly, and of these with the voltages and currents of another.
 * @param prefix "" or "demand_" @param balanced the wiring measures L1 only and takes the others to be equal
 */
export function powerRelations(
  prefix: string,
  exists: (name: string) => boolean,
  balanced: boolean,
  within: Tolerance,
  across: Tolerance,
): readonly Relation[] {
  const relations: Relation[] = [];
  const named = (quantity: string, suffix: string): string => `${prefix}${quantity}_${suffix}`;
  const phases = PHASES.filter((phase) => exists(`active_power_l${phase}`)).map((phase) => `l${phase}`);
  const apparent = (values: Readonly<Numbers>): number => numberAt(values, named('apparent_power', 'total'));
  const times = balanced ? 3 : 1;
  for (const quantity of ['active_power', 'reactive_power'] as const) {
    if (phases.length === 0) continue;
    const parts = phases.map((suffix) => named(quantity, suffix));
    relations.push({
      metrics: [named(quantity, 'total'), ...parts],
      formula: say(balanced ? 'thriceL1' : 'sum'),
      expected: (values) => times * parts.length * mean(values, parts),
      size: apparent,
      tolerance: within,
    });
  }
  for (const suffix of SUFFIXES.filter((name) => name === 'total' || phases.includes(name))) {
    const [va, w, r, factor] = ['apparent_power', 'active_power', 'reactive_power', 'power_factor'].map((quantity) =>
      named(quantity, suffix),
    ) as [string, string, string, string];
    relations.push(
      {
        metrics: [va, w, r],
        formula: say('apparent'),
        expected: (values) => Math.hypot(numberAt(values, w), numberAt(values, r)),
        tolerance: within,
      },
      {
        metrics: [factor, w, va],
        // Its sign may tell inductive from capacitive instead of import from export.
        formula: say('factor'),
        expected: (values) => {
          const ratio = Math.abs(numberAt(values, w) / numberAt(values, va));
          return numberAt(values, va) > 0 ? Math.sign(numberAt(values, factor) || 1) * ratio : undefined;
        },
        size: () => 1,
        tolerance: within,
      },
    );
  }
  return [...relations, ...crossRelations(prefix, exists, phases, balanced, within, across), frequencyRelation(prefix)];
}

function frequencyRelation(prefix: string): Relation {
  return {
    metrics: [`${prefix}frequency`],
    formula: say('frequency'),
    isPlain: true,
    expected: () => FREQUENCY.middle,
    size: () => FREQUENCY.half,
    tolerance: TOLERANCES.frequency,
  };
}

/** VA = V x A, phase by phase; where the wiring has no phases, of the whole. */
function crossRelations(
  prefix: string,
  exists: (name: string) => boolean,
  phases: readonly string[],
  balanced: boolean,
  within: Tolerance,
  across: Tolerance,
): readonly Relation[] {
  const va = (suffix: string): string => `${prefix}apparent_power_${suffix}`;
  const relations: Relation[] = phases.flatMap((phase) => {
    const [volts, amperes] = [`${prefix}voltage_${phase}_n`, `${prefix}current_${phase}`];
    const factors = { volts: metricPlace(volts), amperes: metricPlace(amperes) };
    const product: Relation = {
      metrics: [va(phase), volts, amperes],
      formula: say('product', factors),
      expected: (values) => numberAt(values, volts) * numberAt(values, amperes),
      // What flows but is not shown, and what is shown but does not flow, are both wrong.
      size: (values) => Math.max(numberAt(values, va(phase)), numberAt(values, volts) * numberAt(values, amperes)),
      tolerance: across,
    };
    // An average of power that flowed both ways is less than the product of the averages, never more.
    return prefix === ''
      ? [product]
      : [
          { ...product, tolerance: { ...across, breaks: Number.POSITIVE_INFINITY } },
          { ...product, formula: say('mostProduct', factors), bound: 'most' },
        ];
  });
  if (phases.length === 0 && exists('voltage_ll_avg')) {
    const currents = PHASES.map((phase) => `${prefix}current_l${phase}`);
    const volts = `${prefix}voltage_ll_avg`;
    relations.push({
      metrics: [va('total'), volts, ...currents],
      formula: say('rootOfMean', { volts: metricPlace(volts) }),
      expected: (values) => Math.sqrt(3) * numberAt(values, volts) * mean(values, currents),
      tolerance: TOLERANCES.withoutPhases,
    });
  }
  if (balanced || phases.length === 1) {
    relations.push({
      metrics: [va('total'), va('l1')],
      formula: say(balanced ? 'thriceL1' : 'onceL1'),
      expected: (values) => (balanced ? 3 : 1) * numberAt(values, va('l1')),
      tolerance: within,
    });
  }
  return relations;
}

/** Codes for the order of the phases that meters are known to send; which of them this one sends is not known. */
const SEQUENCES = [-1, 0, 1, 2, 123, 132, 321];

export const PHASE_SEQUENCE_RELATION: Relation = {
  metrics: ['phase_sequence'],
  formula: say('sequence', { codes: SEQUENCES.join(', ') }),
  isPlain: true,
  expected: (values) =>
    SEQUENCES.reduce((best, code) => {
      const seen = numberAt(values, 'phase_sequence');
      return Math.abs(code - seen) < Math.abs(best - seen) ? code : best;
    }, 0),
  size: () => 1,
  tolerance: TOLERANCES.code,
};
