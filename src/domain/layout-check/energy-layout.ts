import type { MeterModel } from '../../meters/meter-model';
import type { Sentence } from '../../support/sentence';
import type { Measurement } from '../../metrics/measurement';
import type { CompiledLayout } from '../codec/layout';
import { decideCandidate } from './decide-candidate';
import type { EnergyTrace } from './energy-trace';
import type { CandidateEvidence } from './judge-candidate';
import { CANDIDATE_SENTENCES } from './sentences';
import type { EnergyLayoutVerdict, Told } from './verdict';

/** Where a counter stands and how it is read, whoever says so. */
function placeOf({ metric, element, encoding, order, pairScale, scale = 1 }: Measurement): string {
  const isFirst = order === (encoding === 'REAL_PAIR' ? 'high-first' : 'low-first');
  return [metric, element, encoding, isFirst ? '' : (order ?? ''), pairScale ?? '', scale].join(' ');
}

/** Name of the candidate that the energy counters of a layout are; undefined where they are none of them. */
export function candidateInUse({ energy }: Pick<MeterModel, 'energy'>, { blocks }: CompiledLayout): string | undefined {
  const rows = blocks.get(energy.instance)?.assembly.measurements.map(placeOf).sort().join(', ');
  return energy.candidates.find(({ assembly }) => assembly.measurements.map(placeOf).sort().join(', ') === rows)?.name;
}

export interface EnergyContext extends Omit<CandidateEvidence, 'marks' | 'powerFactor'> {
  /** Turns the powers as they are read into W and var; undefined while that cannot be told, or they are wrong. */
  readonly powerFactor?: number | undefined;
}

/** Which of the named layouts of the energy counters fits; undefined where the bytes were not seen, or nothing is assumed. */
export function decideEnergyLayout(
  model: MeterModel,
  layout: CompiledLayout,
  trace: EnergyTrace,
  { powerFactor, ...context }: EnergyContext,
): Told<EnergyLayoutVerdict> | undefined {
  const { marks, mixed } = trace;
  const rows = layout.blocks.get(model.energy.instance)?.rows ?? [];
  if (marks.length === 0 || !rows.some(({ row }) => row.provenance === 'assumed')) return undefined;
  const powers = powerFactor === undefined || mixed ? {} : { powerFactor };
  return decideCandidate(model, { marks, ...context, ...powers }, candidateInUse(model, layout));
}

/** Why the counters are not what the layout in use says, for people who look at one of them. */
export function contradictionOf(
  assembly: number,
  { inUse = '', named, candidates }: Told<EnergyLayoutVerdict>,
): Sentence {
  const about = { assembly, name: inUse, why: candidates.find(({ name }) => name === inUse)?.evidence ?? '' };
  return named === undefined
    ? CANDIDATE_SENTENCES.say('isNot', about)
    : CANDIDATE_SENTENCES.say('isNotBut', { ...about, other: named });
}
