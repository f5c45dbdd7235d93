import type { Random } from '../../support/random';

/**
 * How power moves inside an interval, as a share of its mean. Every sine makes a whole number of cycles, so the mean is
 * exactly one whatever the phases, and energy has a closed form.
 */
export interface IntervalShape {
  /** Power at `part` (0 to 1) of the interval, as a share of the mean. */
  density(part: number): number;
  /** Share of the interval's energy that has flowed by `part` (0 to 1): 0 at 0, 1 at 1, never falling. */
  integral(part: number): number;
}

/** Cycles per interval and their share of the swing: from minutes to about a second of a 15-minute interval. */
const CYCLES: readonly (readonly [cycles: number, share: number])[] = [
  [2, 0.36],
  [7, 0.26],
  [19, 0.18],
  [61, 0.12],
  [211, 0.06],
  [809, 0.02],
];

const FLAT: IntervalShape = { density: () => 1, integral: (part) => part };

/**
 * @param variation largest swing as a share of the mean, 0 to 0.5, so that power never changes its sign
 */
export function drawIntervalShape(variation: number, random: Random): IntervalShape {
  if (variation === 0) return FLAT;
  const terms = CYCLES.map(([cycles, share]) => ({
    amplitude: variation * share,
    rate: 2 * Math.PI * cycles,
    phase: 2 * Math.PI * random(),
  }));
  return {
    density: (part) => {
      let sum = 1;
      for (const { amplitude, rate, phase } of terms) sum += amplitude * Math.sin(rate * part + phase);
      return sum;
    },
    integral: (part) => {
      let sum = part;
      for (const { amplitude, rate, phase } of terms) {
        sum += (amplitude / rate) * (Math.cos(phase) - Math.cos(rate * part + phase));
      }
      return sum;
    },
  };
}
