import { LEAST_MOMENTS, numberAt, type Numbers } from './relation';

/** Quantities that a meter may send in W or in kW together. */
const POWER = /^(max_|demand_)?(active|apparent|reactive)_power_/;
const PREFIXES = ['', 'max_', 'demand_'] as const;
export type PowerPrefix = (typeof PREFIXES)[number];

export interface PowerScale {
  readonly prefix: PowerPrefix;
  /** What powers must be multiplied by to be W, VA and var; a power of 1000. */
  readonly factor: number;
  /** Median of VA / (V x A) over phases and moments, as read. */
  readonly ratio: number;
}

const isPower = (name: string): boolean => POWER.test(name);
export const prefixOf = (name: string): PowerPrefix =>
  name.startsWith('max_') ? 'max_' : name.startsWith('demand_') ? 'demand_' : '';

/** A maximum of VA was not reached at the maxima of V and A, so it may lie well below their product. */
const LOWEST_SHARE = 0.03;

function ratiosOf(prefix: PowerPrefix, moments: readonly Readonly<Numbers>[]): number[] {
  const ratios: number[] = [];
  const add = (values: Readonly<Numbers>, va: string, product: number): void => {
    const seen = numberAt(values, `${prefix}${va}`);
    if (seen > 0 && product > 1) ratios.push(seen / product);
  };
  for (const values of moments) {
    const at = (name: string): number => numberAt(values, `${prefix}${name}`);
    for (const phase of ['l1', 'l2', 'l3']) {
      add(values, `apparent_power_${phase}`, at(`voltage_${phase}_n`) * at(`current_${phase}`));
    }
    if (at('apparent_power_l1') > 0) continue;
    const current = (at('current_l1') + at('current_l2') + at('current_l3')) / 3;
    add(values, 'apparent_power_total', Math.sqrt(3) * at('voltage_ll_avg') * current);
  }
  return ratios.sort((left, right) => left - right);
}

/** Whether powers are W or kW, from VA against V x A; undefined while nothing flows. */
export function findPowerScale(prefix: PowerPrefix, moments: readonly Readonly<Numbers>[]): PowerScale | undefined {
  const ratios = ratiosOf(prefix, moments);
  if (ratios.length < LEAST_MOMENTS) return undefined;
  const ratio = ratios[Math.floor(ratios.length / 2)] ?? 1;
  const steps = Math.ceil(Math.log10(ratio * LOWEST_SHARE) / 3);
  const rest = ratio / 10 ** (3 * steps);
  const lowest = prefix === 'max_' ? LOWEST_SHARE : 0.9;
  const factor = rest >= lowest && rest <= 1.1 ? 10 ** (-3 * steps) : 1;
  return { prefix, factor, ratio };
}

/** Every scale that can be told. */
export function findPowerScales(moments: readonly Readonly<Numbers>[]): ReadonlyMap<PowerPrefix, PowerScale> {
  const scales = new Map<PowerPrefix, PowerScale>();
  for (const prefix of PREFIXES) {
    const scale = findPowerScale(prefix, moments);
    if (scale !== undefined) scales.set(prefix, scale);
  }
  return scales;
}

/** Moments with powers in W, VA and var; the same objects where nothing is to be done. */
export function rescale(
  moments: readonly Readonly<Numbers>[],
  scales: ReadonlyMap<PowerPrefix, PowerScale>,
): readonly Numbers[] {
  if ([...scales.values()].every(({ factor }) => factor === 1)) return moments;
  return moments.map((values) =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        isPower(name) ? value * (scales.get(prefixOf(name))?.factor ?? 1) : value,
      ]),
    ),
  );
}
