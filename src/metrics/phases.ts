/** A canonical metric name without its phase: `voltage_l1_n` is `voltage_ln` of phase `l1`. */
export interface PhaseSplit {
  readonly base: string;
  /** `l1`, `l1_l2`, `n`, `avg`, `total`; absent where the metric has no phase, such as frequency. */
  readonly phase?: string;
}

/** How canonical names carry a phase; in each the first group is the rest of the name. */
const PATTERNS: readonly (readonly [pattern: RegExp, kind: string])[] = [
  [/^((?:\w+_)?voltage)_(l[123])_n$/, '_ln'],
  [/^((?:\w+_)?voltage)_(l[123]_l[123])$/, '_ll'],
  [/^((?:\w+_)?voltage)_ln_(avg)$/, '_ln'],
  [/^((?:\w+_)?voltage)_ll_(avg)$/, '_ll'],
  [/^((?:\w+_)?(?:current|power|power_factor))_(l[123]|n|total)$/, ''],
];

/** Takes the phase out of a metric's name, so that phases can be compared and added up as values of one quantity. */
export function splitPhase(metric: string): PhaseSplit {
  for (const [pattern, kind] of PATTERNS) {
    const [, rest, phase] = pattern.exec(metric) ?? [];
    if (rest !== undefined && phase !== undefined) return { base: rest + kind, phase };
  }
  return { base: metric };
}
