import type { CompiledLayout, RowPlan } from '../codec/layout';
import type { EnergyFindings } from './energy-findings';
import { guessPairScale, pairScalesByModbus, type Counters, type PairLayout } from './pair-scale';
import { prefixOf, type PowerPrefix, type PowerScale } from './power-scale';
import type { ScaleVerdict } from './verdict';
import { formatNumber } from './words';

const RATIO_TOLERANCE = 0.15;

function importRow(layout: CompiledLayout): RowPlan | undefined {
  return [...layout.blocks.values()]
    .flatMap(({ rows }) => rows)
    .find(({ metric }) => metric.name === 'active_energy_import_total');
}

/** Wh in one step of the meter's energy counters, as the layout says. */
export function energyScaleOf(layout: CompiledLayout): number {
  return importRow(layout)?.scale ?? 1000;
}

/** What the layout says of the pairs of the energy counters; undefined where they are no pairs. */
export function layoutOfPairs(layout: CompiledLayout): PairLayout | undefined {
  const plan = importRow(layout);
  const pairScale = plan?.row.pairScale;
  return plan === undefined || pairScale === undefined ? undefined : { pairScale, scale: plan.scale };
}

/** A verdict on the scale of powers, and which these are. */
export type PowerScaleVerdict = ScaleVerdict & { readonly metrics: readonly string[] };

/** W or kW, assembly by assembly. */
export function judgePowerScales(
  scales: ReadonlyMap<PowerPrefix, PowerScale>,
  layout: CompiledLayout,
): readonly PowerScaleVerdict[] {
  return [...layout.blocks.values()].flatMap(({ instance, rows }): readonly PowerScaleVerdict[] => {
    const powers = rows.filter(({ metric }) => /^(active|apparent|reactive)_power$/.test(metric.quantity));
    const [first] = powers;
    if (first === undefined) return [];
    const common = {
      assembly: instance,
      member: 'scale' as const,
      layoutValue: first.scale,
      metrics: powers.map(({ metric }) => metric.name),
    };
    const scale = scales.get(prefixOf(first.metric.name));
    if (scale === undefined) {
      return [
        { ...common, verdict: 'undecided' as const, evidence: 'No current flows: VA cannot be compared with V x A.' },
      ];
    }
    const words = `VA is ${formatNumber(scale.ratio)} x V x A`;
    if (scale.factor === 1) {
      // A maximum of VA says little: it was not reached at the maxima of V and A.
      const fits = Math.abs(scale.ratio - 1) < RATIO_TOLERANCE;
      const verdict = fits ? ('confirmed' as const) : ('undecided' as const);
      return [{ ...common, verdict, evidence: `${words}: the layout's scale gives W, VA and var.` }];
    }
    return [
      {
        ...common,
        verdict: 'contradicted' as const,
        suggestion: first.scale * scale.factor,
        evidence: `${words}: the powers need "scale" ${formatNumber(first.scale * scale.factor)} to be W, VA and var.`,
      },
    ];
  });
}

/** Wh or kWh in the energy counters, from the growth of that of import. @param assembly theirs */
export function judgeEnergyScale(
  assembly: number,
  { ratio }: EnergyFindings,
  scale: number,
  powerWrong: boolean,
): ScaleVerdict {
  const common = { assembly, member: 'scale', layoutValue: scale } as const;
  if (ratio === undefined || powerWrong) {
    return { ...common, verdict: 'undecided', evidence: 'Too little has been imported to compare energy with power.' };
  }
  const words = `The import counter grew ${formatNumber(ratio)} times as fast as the integral of power`;
  if (Math.abs(ratio - 1) <= RATIO_TOLERANCE) return { ...common, verdict: 'confirmed', evidence: `${words}.` };
  const power = ratio > 0 ? 10 ** Math.round(Math.log10(ratio)) : 0;
  if (power === 0 || power === 1 || Math.abs(ratio / power - 1) > RATIO_TOLERANCE) {
    return { ...common, verdict: 'contradicted', evidence: `${words}; no power of ten explains that.` };
  }
  return {
    ...common,
    verdict: 'contradicted',
    suggestion: scale / power,
    evidence: `${words}: "scale" ${formatNumber(scale / power)} would give Wh, or the halves of the pairs are exchanged.`,
  };
}

/** What one step of the high elements of the energy counters is worth; undefined where they are no pairs. */
export function judgePairScale(
  assembly: number,
  counters: Counters,
  pairs: PairLayout | undefined,
  verified: Counters | undefined,
  toleranceWh: number,
): ScaleVerdict | undefined {
  if (pairs === undefined) return undefined;
  const common = { assembly, member: 'pairScale', layoutValue: pairs.pairScale } as const;
  if (Object.keys(counters).length === 0) {
    return { ...common, verdict: 'undecided', evidence: `Assembly ${assembly} was not read.` };
  }
  if (verified !== undefined) {
    const [found, ...others] = pairScalesByModbus(counters, verified, pairs, toleranceWh);
    const same = 'all counters are those of the registers over Modbus';
    if (found === pairs.pairScale) {
      const rest = `so far they would be with ${others.map((other) => formatNumber(other)).join(', ')} too`;
      return others.length === 0
        ? { ...common, verdict: 'confirmed', evidence: `A${same.slice(1)}, and with no other pair scale.` }
        : { ...common, verdict: 'undecided', evidence: `A${same.slice(1)}; ${rest}.` };
    }
    if (found !== undefined) {
      const evidence = `With "pairScale" ${formatNumber(found)} ${same}.`;
      return { ...common, verdict: 'contradicted', suggestion: found, evidence };
    }
  }
  const guess = guessPairScale(counters, pairs);
  if (guess !== undefined) return { ...common, verdict: 'contradicted', ...guess };
  const evidence =
    'Growth over minutes shows the low elements alone; only the registers over Modbus tell what a high step is worth.';
  return { ...common, verdict: 'undecided', evidence };
}
