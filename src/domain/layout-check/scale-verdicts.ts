import type { CompiledLayout, RowPlan } from '../codec/layout';
import type { EnergyFindings } from './energy-findings';
import { guessPairScale, pairScalesByModbus, type Counters, type PairLayout } from './pair-scale';
import { prefixOf, type PowerPrefix, type PowerScale } from './power-scale';
import { LAYOUT_SENTENCES } from './sentences';
import type { ScaleVerdict, Told } from './verdict';
import { formatNumber } from './words';

const { say } = LAYOUT_SENTENCES;

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
export type PowerScaleVerdict = Told<ScaleVerdict> & { readonly metrics: readonly string[] };

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
      return [{ ...common, verdict: 'undecided' as const, evidence: say('noCurrent') }];
    }
    const ratio = formatNumber(scale.ratio);
    if (scale.factor === 1) {
      // A maximum of VA says little: it was not reached at the maxima of V and A.
      const fits = Math.abs(scale.ratio - 1) < RATIO_TOLERANCE;
      const verdict = fits ? ('confirmed' as const) : ('undecided' as const);
      return [{ ...common, verdict, evidence: say('powersRight', { ratio }) }];
    }
    return [
      {
        ...common,
        verdict: 'contradicted' as const,
        suggestion: first.scale * scale.factor,
        evidence: say('powersWrong', { ratio, scale: formatNumber(first.scale * scale.factor) }),
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
): Told<ScaleVerdict> {
  const common = { assembly, member: 'scale', layoutValue: scale } as const;
  if (ratio === undefined || powerWrong) {
    return { ...common, verdict: 'undecided', evidence: say('importedLittle') };
  }
  const about = { ratio: formatNumber(ratio) };
  if (Math.abs(ratio - 1) <= RATIO_TOLERANCE)
    return { ...common, verdict: 'confirmed', evidence: say('importRight', about) };
  const power = ratio > 0 ? 10 ** Math.round(Math.log10(ratio)) : 0;
  if (power === 0 || power === 1 || Math.abs(ratio / power - 1) > RATIO_TOLERANCE) {
    return { ...common, verdict: 'contradicted', evidence: say('importOdd', about) };
  }
  return {
    ...common,
    verdict: 'contradicted',
    suggestion: scale / power,
    evidence: say('importScale', { ...about, scale: formatNumber(scale / power) }),
  };
}

/** What one step of the high elements of the energy counters is worth; undefined where they are no pairs. */
export function judgePairScale(
  assembly: number,
  counters: Counters,
  pairs: PairLayout | undefined,
  verified: Counters | undefined,
  toleranceWh: number,
): Told<ScaleVerdict> | undefined {
  if (pairs === undefined) return undefined;
  const common = { assembly, member: 'pairScale', layoutValue: pairs.pairScale } as const;
  if (Object.keys(counters).length === 0) {
    return { ...common, verdict: 'undecided', evidence: say('notRead', { assembly }) };
  }
  if (verified !== undefined) {
    const [found, ...others] = pairScalesByModbus(counters, verified, pairs, toleranceWh);
    if (found === pairs.pairScale) {
      const rest = others.map((other) => formatNumber(other)).join(', ');
      return others.length === 0
        ? { ...common, verdict: 'confirmed', evidence: say('pairsSame') }
        : { ...common, verdict: 'undecided', evidence: say('pairsSameSoFar', { others: rest }) };
    }
    if (found !== undefined) {
      const evidence = say('pairsOther', { scale: formatNumber(found) });
      return { ...common, verdict: 'contradicted', suggestion: found, evidence };
    }
  }
  const guess = guessPairScale(counters, pairs);
  if (guess !== undefined) return { ...common, verdict: 'contradicted', ...guess };
  return { ...common, verdict: 'undecided', evidence: say('pairsUnseen') };
}
