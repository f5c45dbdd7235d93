import type { MeterModel } from '../../meters/meter-model';
import { plain, type Sentence } from '../../support/sentence';
import { compiledCandidates } from './candidate-counters';
import { judgeCandidate, type CandidateEvidence, type JudgedCandidate } from './judge-candidate';
import { LEAST_MOMENTS } from './relation';
import { CANDIDATE_SENTENCES } from './sentences';
import type { CandidateVerdict, EnergyLayoutVerdict, Told, Word } from './verdict';
import { formatNumber } from './words';

const { say } = CANDIDATE_SENTENCES;

/** Chance below which nobody believes in chance. */
const LEAST_CHANCE = 1e-5;

interface Sorted {
  readonly judged: readonly JudgedCandidate[];
  readonly possible: readonly JudgedCandidate[];
  /** Why a candidate without an objection is set aside, by name. */
  readonly aside: ReadonlyMap<string, Sentence>;
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
function chanceAgainst(one: JudgedCandidate, others: readonly JudgedCandidate[]): Sentence | undefined {
  const { candidate } = one;
  const { pairScale, scale, order } = candidate;
  if (pairScale === undefined) return undefined;
  const lows = lowsOf(one);
  for (const { candidate: other } of others) {
    if (other.order !== order || other.scale !== scale || (other.pairScale ?? pairScale) >= pairScale) continue;
    const smaller = other.pairScale ?? 1;
    if (lows.some((low) => low > smaller) || (smaller / pairScale) ** lows.length > LEAST_CHANCE) continue;
    const limits = { least: formatNumber(smaller), most: formatNumber(pairScale) };
    return say('chance', { count: lows.length, ...limits });
  }
  return undefined;
}

/** Candidates that nothing speaks against; what is only unlikely goes where something else is left. */
function sortOut(judged: readonly JudgedCandidate[]): Sorted {
  const aside = new Map<string, Sentence>();
  let possible = judged.filter(({ objection }) => objection === undefined);
  const setAside = (reasonOf: (one: JudgedCandidate) => Sentence | undefined): void => {
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
): Sentence {
  if (marks.length < LEAST_MOMENTS) return say('readTimes', { assembly: instance, count: marks.length });
  if (possible.length === 0) return say('noneFits');
  const about = { names: namesOf(possible), advice: say(verified === undefined ? 'watchOrModbus' : 'watch') };
  if (possible.length > 1) return say(areAlike(possible) ? 'sameSoFar' : 'stillPossible', about);
  const why = possible[0]?.doubt ?? say(powerFactor === undefined ? 'noPower' : 'tooLittle');
  return say('onlyBut', { ...about, why });
}

function verdictOn(
  { candidate, objection, doubt, proof }: JudgedCandidate,
  { aside, possible }: Sorted,
): Told<CandidateVerdict> {
  const { name, description, source } = candidate;
  const against = objection ?? aside.get(name);
  if (against !== undefined)
    return { name, description, source, verdict: 'contradicted', evidence: say('that', { why: against }) };
  const fits = possible.length === 1 && proof !== undefined && doubt === undefined;
  const evidence =
    doubt !== undefined
      ? say('unlikely', { why: doubt })
      : proof === undefined
        ? say('open')
        : say('that', { why: proof });
  return { name, description, source, verdict: fits ? 'confirmed' : 'undecided', evidence };
}

/** How the candidate of the layout in use does: undecided where that layout is none of the candidates. */
function wordFor(inUse: string | undefined, candidates: readonly Pick<CandidateVerdict, 'name' | 'verdict'>[]): Word {
  return candidates.find(({ name }) => name === inUse)?.verdict ?? 'undecided';
}

/**
 * Decides among the named ways to fill the assembly of the energy counters. One is named only when nothing speaks against it, something proves
 * its scale, and every other one is excluded.
 * @param inUse name of the candidate that the layout in use is; absent where it is none of them
 */
export function decideCandidate(
  model: MeterModel,
  evidence: CandidateEvidence,
  inUse?: string,
): Told<EnergyLayoutVerdict> {
  const tooFew = evidence.marks.length < LEAST_MOMENTS;
  const sorted = sortOut(tooFew ? [] : compiledCandidates(model).map((each) => judgeCandidate(each, evidence)));
  const candidates = sorted.judged.map((one) => verdictOn(one, sorted));
  const named = candidates.find(({ verdict }) => verdict === 'confirmed');
  const common = { ...(inUse === undefined ? {} : { inUse }), candidates, verdict: wordFor(inUse, candidates) };
  if (named === undefined) return { ...common, evidence: describeOpen(model.energy.instance, sorted, evidence) };
  const why = named.evidence;
  return { ...common, named: named.name, evidence: say('named', { description: describe(named), why }) };
}

/** How the bytes are read, for whoever has catalogs in another language too. */
const describe = ({ name, description }: Pick<CandidateVerdict, 'name' | 'description'>): Sentence => ({
  ...plain(description),
  key: `candidate.${name}`,
});
