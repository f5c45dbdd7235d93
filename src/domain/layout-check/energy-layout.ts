import { ENERGY_CANDIDATES, ENERGY_INSTANCE, energyAssembly } from '../../meters/pm500/energy-candidates';
import type { Measurement } from '../../metrics/measurement';
import type { CompiledLayout } from '../codec/layout';
import { decideCandidate } from './decide-candidate';
import type { EnergyTrace } from './energy-trace';
import type { CandidateEvidence } from './judge-candidate';
import type { EnergyLayoutVerdict } from './verdict';

/** Where a counter stands and how it is read, whoever says so. */
function placeOf({ metric, element, encoding, order, pairScale, scale = 1 }: Measurement): string {
  const isFirst = order === (encoding === 'REAL_PAIR' ? 'high-first' : 'low-first');
  return [metric, element, encoding, isFirst ? '' : (order ?? ''), pairScale ?? '', scale].join(' ');
}

/** Name of the candidate that assembly 107 of a layout is; undefined where it is none of them. */
export function candidateInUse({ blocks }: CompiledLayout): string | undefined {
  const rows = blocks.get(ENERGY_INSTANCE)?.assembly.measurements.map(placeOf).sort().join(', ');
  return ENERGY_CANDIDATES.find(
    (candidate) => energyAssembly(candidate).measurements.map(placeOf).sort().join(', ') === rows,
  )?.name;
}

export interface EnergyContext extends Omit<CandidateEvidence, 'marks' | 'powerFactor'> {
  /** Turns the powers as they are read into W and var; undefined while that cannot be told, or they are wrong. */
  readonly powerFactor?: number | undefined;
}

/** Which of the named layouts of assembly 107 fits; undefined where the bytes were not seen, or nothing is assumed. */
export function decideEnergyLayout(
  layout: CompiledLayout,
  trace: EnergyTrace,
  { powerFactor, ...context }: EnergyContext,
): EnergyLayoutVerdict | undefined {
  const { marks, mixed } = trace;
  const rows = layout.blocks.get(ENERGY_INSTANCE)?.rows ?? [];
  if (marks.length === 0 || !rows.some(({ row }) => row.provenance === 'assumed')) return undefined;
  const powers = powerFactor === undefined || mixed ? {} : { powerFactor };
  return decideCandidate({ marks, ...context, ...powers }, candidateInUse(layout));
}

/** Why the counters are not what the layout in use says, for people who look at one of them. */
export function contradictionOf({ inUse = '', named, candidates }: EnergyLayoutVerdict): string {
  const why = candidates.find(({ name }) => name === inUse)?.evidence ?? '';
  const instead = named === undefined ? '' : ` ${named} fits instead.`;
  return `Assembly 107 is not ${inUse}: ${why}${instead}`;
}
