import type { MeterModel } from '../../meters/meter-model';
import { compiledCandidates } from './candidate-counters';
import { judgeCandidate, type CandidateEvidence, type JudgedCandidate } from './judge-candidate';
import { LEAST_MOMENTS } from './relation';
import type { CandidateVerdict, EnergyLayoutVerdict, Word } from './verdict';
import { formatNumber } from './words';

/** Chance below which nobody believes in chance. */
const LEAST_CHANCE = 1e-5;

interface Sorted {
  readonly judged: readonly JudgedCandidate[];
  readonly possible: readonly JudgedCandidate[];
  /** Why a candidate without an objection is set aside, by name. */
  readonly aside: ReadonlyMap<string, string>;
}

/** Low parts of counters that have left their first round, each value once. */
function lowsOf({ candidate, series }: JudgedCandidate): readonly number[] {
  const { pairScale = 1, scale } = candidate;
  const raws = series.counters
    .filter(({ metric }) => metric !== 'run_hours')
    .map(({ latest }) => latest.value / scale)
    .filter((raw) => raw >= pairScale);
  return [...new Set(raws)].map((raw) => raw - Math.floor(raw / pairScale) * pairScale);
}

/** Pairs that wrap earlier than this candidate says: all low parts are small, though they should be spread. */
function chanceAgainst(one: JudgedCandidate, others: readonly JudgedCandidate[]): string | undefined {
  const { candidate } = one;
  const { pairScale, scale, order } = candidate;
  if (pairScale === undefined) return undefined;
  const lows = lowsOf(one);
  for (const { candidate: other } of others) {
    if (other.order !== order || other.scale !== scale || (other.pairScale ?? pairScale) >= pairScale) continue;
    const smaller = other.pairScale ?? 1;
    if (lows.some((low) => low > smaller) || (smaller / pairScale) ** lows.length > LEAST_CHANCE) continue;
    return `the low parts of ${lows.length} counters are all below ${formatNumber(smaller)}, though up to ${formatNumber(pairScale)} would be possible`;
  }
  return undefined;
}

/** Candidates that nothing speaks against; what is only unlikely goes where something else is left. */
function sortOut(judged: readonly JudgedCandidate[]): Sorted {
  const aside = new Map<string, string>();
  let possible = judged.filter(({ objection }) => objection === undefined);
  const setAside = (reasonOf: (one: JudgedCandidate) => string | undefined): void => {
    const reasons = new Map(possible.map((one) => [one.candidate.name, reasonOf(one)]));
    const rest = possible.filter(({ candidate }) => reasons.get(candidate.name) === undefined);
    if (rest.length === 0) return;
    for (const [name, reason] of reasons) if (reason !== undefined) aside.set(name, reason);
    possible = rest;
  };
  setAside(({ doubt }) => doubt);
  setAside((one) => chanceAgainst(one, possible));
  return { judged, possible, aside };
}

/** True where all of them show the same values, within their steps. */
function areAlike([first, ...others]: readonly JudgedCandidate[]): boolean {
  return others.every(({ series }) =>
    series.counters.every(({ latest }, place) => {
      const one = first?.series.counters[place]?.latest;
      return one !== undefined && Math.abs(one.value - latest.value) <= one.step + latest.step;
    }),
  );
}

const namesOf = (judged: readonly JudgedCandidate[]): string =>
  judged.map(({ candidate }) => candidate.name).join(', ');

function describeOpen(
  instance: number,
  { possible }: Sorted,
  { marks, verified, powerFactor }: CandidateEvidence,
): string {
  if (marks.length < LEAST_MOMENTS) return `Assembly ${instance} was read ${marks.length} times only: watch longer.`;
  if (possible.length === 0) {
    return 'No layout that has a name fits these bytes. If no counter was reset and nothing else disturbed the meter meanwhile, it needs a layout file of its own.';
  }
  const advice =
    verified === undefined
      ? 'Watch longer and under more load, or compare over Modbus in a maintenance window.'
      : 'Watch until the counters have risen.';
  if (possible.length > 1 && areAlike(possible)) {
    return `${namesOf(possible)} give the same values so far, so either is right today. ${advice}`;
  }
  if (possible.length > 1) return `Still possible: ${namesOf(possible)}. ${advice}`;
  const doubt = possible[0]?.doubt;
  const why =
    doubt ??
    (powerFactor === undefined ? 'there is no power to compare it with' : 'too little has flowed to prove its scale');
  return `Only ${namesOf(possible)} is possible, but ${why}. ${advice}`;
}

function verdictOn(
  { candidate, objection, doubt, proof }: JudgedCandidate,
  { aside, possible }: Sorted,
): CandidateVerdict {
  const { name, description, source } = candidate;
  const against = objection ?? aside.get(name);
  if (against !== undefined) return { name, description, source, verdict: 'contradicted', evidence: `${against}.` };
  const fits = possible.length === 1 && proof !== undefined && doubt === undefined;
  const evidence =
    doubt !== undefined
      ? `Unlikely: ${doubt}.`
      : proof === undefined
        ? 'Nothing speaks against it, nothing proves it.'
        : `${proof}.`;
  return { name, description, source, verdict: fits ? 'confirmed' : 'undecided', evidence };
}

/** How the candidate of the layout in use does: undecided where that layout is none of the candidates. */
function wordFor(inUse: string | undefined, candidates: readonly CandidateVerdict[]): Word {
  return candidates.find(({ name }) => name === inUse)?.verdict ?? 'undecided';
}

/**
 * Decides among the named ways to fill the assembly of the energy counters. One is named only when nothing speaks against it, something proves
 * its scale, and every other one is excluded.
 * @param inUse name of the candidate that the layout in use is; absent where it is none of them
 */
export function decideCandidate(model: MeterModel, evidence: CandidateEvidence, inUse?: string): EnergyLayoutVerdict {
  const tooFew = evidence.marks.length < LEAST_MOMENTS;
  const sorted = sortOut(tooFew ? [] : compiledCandidates(model).map((each) => judgeCandidate(each, evidence)));
  const candidates = sorted.judged.map((one) => verdictOn(one, sorted));
  const named = candidates.find(({ verdict }) => verdict === 'confirmed');
  const common = { ...(inUse === undefined ? {} : { inUse }), candidates, verdict: wordFor(inUse, candidates) };
  if (named === undefined) return { ...common, evidence: describeOpen(model.energy.instance, sorted, evidence) };
  const description = model.energy.candidates.find(({ name }) => name === named.name)?.description ?? '';
  return { ...common, named: named.name, evidence: `${description} ${capital(named.evidence)}` };
}

function capital(sentence: string): string {
  return sentence.startsWith('its ') ? `I${sentence.slice(1)}` : sentence;
}
