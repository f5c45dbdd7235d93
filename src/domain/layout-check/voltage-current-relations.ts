import { numberAt, type Numbers, type Relation } from './relation';
import { metricPlace, RELATION_SENTENCES } from './sentences';
import { TOLERANCES, type Tolerance } from './tolerances';

const { say } = RELATION_SENTENCES;

/** The last number says which phase, or pair of phases. */
export const PHASES = [1, 2, 3] as const;
const PAIRS = [
  ['voltage_l1_l2', 'voltage_l1_n', 'voltage_l2_n'],
  ['voltage_l2_l3', 'voltage_l2_n', 'voltage_l3_n'],
  ['voltage_l3_l1', 'voltage_l3_n', 'voltage_l1_n'],
] as const;

/** A supply more lopsided than this has lost a phase: its angles foretell nothing. */
const LOPSIDED = 0.15;

export const mean = (values: Readonly<Numbers>, names: readonly string[]): number =>
  names.reduce((sum, name) => sum + numberAt(values, name), 0) / names.length;

function isEven(values: Readonly<Numbers>, names: readonly string[]): boolean {
  const middle = mean(values, names);
  return names.every((name) => Math.abs(numberAt(values, name) - middle) <= LOPSIDED * middle);
}

/** @param prefix "" or "demand_" @param exists whether the wiring has a metric, by its name without prefix */
export function voltageCurrentRelations(
  prefix: string,
  exists: (name: string) => boolean,
  within: Tolerance,
): readonly Relation[] {
  const relations: Relation[] = [];
  const full = (names: readonly string[]): string[] => names.map((name) => prefix + name);
  const phases = full(['voltage_l1_n', 'voltage_l2_n', 'voltage_l3_n'].filter(exists));
  const pairs = full(PAIRS.map(([name]) => name).filter(exists));
  const [lineNeutral, lineLine] = full(['voltage_ln_avg', 'voltage_ll_avg']) as [string, string];
  if (exists('voltage_ln_avg')) {
    relations.push({
      metrics: [lineNeutral, ...phases],
      formula: say('meanNeutral'),
      expected: (values) => mean(values, phases),
      tolerance: within,
    });
  }
  if (exists('voltage_ll_avg')) {
    relations.push({
      metrics: [lineLine, ...pairs],
      formula: say('meanLines'),
      expected: (values) => mean(values, pairs),
      tolerance: within,
    });
  }
  if (exists('voltage_ll_avg') && exists('voltage_ln_avg')) {
    relations.push({
      metrics: [lineLine, lineNeutral, ...phases],
      formula: say('rootOfNeutral'),
      expected: (values) => (isEven(values, phases) ? Math.sqrt(3) * numberAt(values, lineNeutral) : undefined),
      tolerance: TOLERANCES.angles,
    });
  }
  for (const pair of PAIRS) {
    const [line, first, second] = full(pair) as [string, string, string];
    if (!pair.every(exists)) continue;
    // Two-phase supplies have their voltages at 120 degrees (two of three phases) or 180 (split phase).
    const split = phases.length === 2;
    relations.push({
      metrics: [line, first, second],
      formula: say(split ? 'at120or180' : 'at120', { first: metricPlace(first), second: metricPlace(second) }),
      expected: (values) => {
        if (!isEven(values, phases)) return undefined;
        const [one, two] = [numberAt(values, first), numberAt(values, second)];
        const at120 = Math.sqrt(one * one + two * two + one * two);
        const seen = numberAt(values, line);
        return split && Math.abs(seen - one - two) < Math.abs(seen - at120) ? one + two : at120;
      },
      tolerance: TOLERANCES.angles,
    });
  }
  return relations;
}

/** The current in the neutral from those of the phases: harmonics make it larger than this, nothing makes it smaller. */
export function neutralRelations(prefix: string, exists: (name: string) => boolean): readonly Relation[] {
  if (!exists('current_n')) return [];
  const currents = PHASES.filter((phase) => exists(`current_l${phase}`)).map((phase) => `${prefix}current_l${phase}`);
  const sum = (values: Readonly<Numbers>): number => currents.length * mean(values, currents);
  const most: Relation = {
    metrics: [`${prefix}current_n`, ...currents],
    formula: say('mostSum'),
    expected: sum,
    bound: 'most',
    tolerance: TOLERANCES.neutralBounds,
  };
  if (currents.length < PHASES.length) return [most, leastOfTwo(prefix, currents)];
  const powers = PHASES.flatMap((phase) => [`${prefix}active_power_l${phase}`, `${prefix}reactive_power_l${phase}`]);
  const vectorSum = (values: Readonly<Numbers>): number | undefined => {
    let [re, im] = [0, 0];
    for (const phase of PHASES) {
      const active = numberAt(values, `${prefix}active_power_l${phase}`);
      const reactive = numberAt(values, `${prefix}reactive_power_l${phase}`);
      const angle = (-2 * Math.PI * (phase - 1)) / 3 - Math.atan2(reactive, active);
      re += numberAt(values, `${prefix}current_l${phase}`) * Math.cos(angle);
      im += numberAt(values, `${prefix}current_l${phase}`) * Math.sin(angle);
    }
    return Math.hypot(re, im);
  };
  const size = (values: Readonly<Numbers>): number => Math.max(...currents.map((name) => numberAt(values, name)));
  const all = [`${prefix}current_n`, ...currents, ...powers];
  return [
    most,
    {
      metrics: all,
      formula: say('vectorSum'),
      expected: vectorSum,
      size,
      sizeName: say('largestCurrent'),
      tolerance: TOLERANCES.neutralSum,
    },
  ];
}

/** Of two currents at whatever angle. */
function leastOfTwo(prefix: string, [first = '', second = '']: readonly string[]): Relation {
  return {
    metrics: [`${prefix}current_n`, first, second],
    formula: say('leastDifference'),
    expected: (values) => Math.abs(numberAt(values, first) - numberAt(values, second)),
    size: (values) => Math.max(numberAt(values, first), numberAt(values, second)),
    bound: 'least',
    tolerance: TOLERANCES.neutralBounds,
  };
}
