import type { CompiledLayout } from '../codec/layout';
import { LEAST_MOMENTS, type Numbers } from './relation';
import { LAYOUT_SENTENCES } from './sentences';
import type { Fault } from './verdict';
import { formatNumber, metricValue } from './words';

/** Values that no meter can have. */
export function rangeFaults(layout: CompiledLayout, moments: readonly Readonly<Numbers>[]): readonly Fault[] {
  const faults: Fault[] = [];
  for (const { rows } of layout.blocks.values()) {
    for (const { metric } of rows) {
      const { name, range, unit } = metric;
      if (range === undefined) continue;
      const outside = moments
        .map((values) => values[name])
        // Zero is what a meter may show for what it has not.
        .filter(
          (value): value is number => value !== undefined && value !== 0 && (value < range.min || value > range.max),
        );
      const last = outside.at(-1);
      if (last === undefined || outside.length < LEAST_MOMENTS || outside.length <= moments.length / 2) continue;
      const limits = { min: formatNumber(range.min), max: formatNumber(range.max, unit) };
      const evidence = LAYOUT_SENTENCES.say('outside', { ...metricValue(name, last), ...limits });
      faults.push({ metrics: [name], evidence });
    }
  }
  return faults;
}
