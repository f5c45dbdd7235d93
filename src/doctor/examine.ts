import { toPm500Error } from '../support/errors';
import { oneLine } from '../support/one-line';
import { plain, type PlaceValue, type Sentence } from '../support/sentence';
import type { Attestation } from './attestations';
import { DOCTOR_SEVERITIES, type DoctorCheck, type DoctorSeverity, type Sighting } from './check';
import { DOCTOR_SENTENCES } from './doctor-sentences';
import { LOOK_WORDS, type Unseen } from './looked';
import type { SiteFacts } from './facts';

/** How a check ends; what could not be looked at is never fine. */
export const DOCTOR_OUTCOMES = ['ok', 'finding', 'attested', 'could not look'] as const;
export type DoctorOutcome = (typeof DOCTOR_OUTCOMES)[number];

export interface DoctorResult extends Pick<
  DoctorCheck,
  'id' | 'area' | 'severity' | 'title' | 'looksAt' | 'remedy' | 'docs'
> {
  readonly outcome: DoctorOutcome;
  /** Findings; else what was seen, who attested, or why nothing could be seen. */
  readonly evidence: readonly string[];
  /** The same of findings, for whoever shows them in a language of its own. */
  readonly told?: readonly Sentence[];
}

export interface DoctorReport {
  readonly schema: 'pm500.doctor/1';
  /** ISO 8601. */
  readonly at: string;
  readonly version: string;
  readonly counts: Readonly<Record<DoctorOutcome, number>>;
  /** The worst finding; absent where there is none. */
  readonly worst?: DoctorSeverity;
  readonly results: readonly DoctorResult[];
}

const MS_PER_DAY = 86_400_000;
/** Things that one check tells of; a thousand meters make no thousand lines. */
const MOST_EVIDENCE = 20;
const NOBODY = 'nobody has attested it';

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** A sentence that quotes names from outside, as part of a line. */
function inOneLine({ key, values, text }: Sentence): Sentence {
  const clean = (value: PlaceValue): PlaceValue =>
    typeof value === 'object' ? inOneLine(value) : typeof value === 'string' ? oneLine(value) : value;
  const places = Object.entries(values).map(([name, value]) => [name, clean(value)] as const);
  return { key, values: Object.fromEntries(places), text: oneLine(text) };
}

function boundedSentences(given: readonly Sentence[]): readonly Sentence[] {
  const sentences = [...new Map(given.map(inOneLine).map((sentence) => [sentence.text, sentence])).values()];
  if (sentences.length <= MOST_EVIDENCE) return sentences;
  const count = sentences.length - MOST_EVIDENCE;
  return [...sentences.slice(0, MOST_EVIDENCE), DOCTOR_SENTENCES.say('more', { count })];
}

const textsOf = (sentences: readonly Sentence[]): readonly string[] => sentences.map(({ text }) => text);
const bounded = (given: readonly Sentence[]): readonly string[] => textsOf(boundedSentences(given));

/** A fault of a check costs no other, and is not taken for a healthy site. */
function sight(check: DoctorCheck, facts: SiteFacts): Sighting {
  try {
    return check.look(facts);
  } catch (thrown) {
    const why = LOOK_WORDS.say('failed', { why: toPm500Error(thrown).message });
    return { findings: [], unseen: [why], seen: '' };
  }
}

/** The word of a person, where it still counts. */
function wordFor(
  { attestedDays }: DoctorCheck,
  attestations: readonly Attestation[],
  nowMs: number,
): { readonly outcome: 'attested' | 'could not look'; readonly evidence: string } {
  const newest = attestations.reduce<Attestation | undefined>(
    (best, each) => (best === undefined || each.dateMs > best.dateMs ? each : best),
    undefined,
  );
  if (newest === undefined) return { outcome: 'could not look', evidence: NOBODY };
  const { name, dateMs, note } = newest;
  const word = `${name}, ${day(dateMs)}${note === '' ? '' : `: ${note}`}`;
  if (attestedDays === undefined)
    return { outcome: 'could not look', evidence: `${word}: here the word of a person does not count` };
  if (dateMs > nowMs) return { outcome: 'could not look', evidence: `${word}: that day is still to come` };
  const ageDays = Math.floor((nowMs - dateMs) / MS_PER_DAY);
  if (ageDays > attestedDays) {
    return { outcome: 'could not look', evidence: `${word}: ${ageDays} days ago, and it counts for ${attestedDays}` };
  }
  return { outcome: 'attested', evidence: word };
}

function rowOf({
  id,
  area,
  severity,
  title,
  looksAt,
  remedy,
  docs,
}: DoctorCheck): Omit<DoctorResult, 'outcome' | 'evidence' | 'told'> {
  return { id, area, severity, title, looksAt, remedy, docs };
}

function resultOf(check: DoctorCheck, facts: SiteFacts, attestations: readonly Attestation[] | Unseen): DoctorResult {
  const { attestedDays } = check;
  const row = rowOf(check);
  const { findings, unseen, seen } = sight(check, facts);
  // What a machine has seen stands, whatever somebody says.
  if (findings.length > 0) {
    const told = boundedSentences([...findings, ...unseen.map(notSeen)]);
    return { ...row, outcome: 'finding', evidence: textsOf(told), told };
  }
  if (unseen.length === 0) return { ...row, outcome: 'ok', evidence: bounded([plain(seen)]) };
  const reasons = bounded(unseen).map((reason) => reason.replace(/\.$/, ''));
  if ('unseen' in attestations && attestedDays !== undefined)
    return { ...row, outcome: 'could not look', evidence: [...reasons, ...bounded([attestations.unseen])] };
  const own = 'unseen' in attestations ? [] : attestations.filter(({ id }) => id === check.id);
  if (attestedDays === undefined && own.length === 0) return { ...row, outcome: 'could not look', evidence: reasons };
  const { outcome, evidence: word } = wordFor(check, own, facts.nowMs);
  const evidence = oneLine(word);
  return { ...row, outcome, evidence: outcome === 'attested' ? [evidence] : [...reasons, evidence] };
}

/** What a server said ends with a period of its own. */
const notSeen = (reason: Sentence): Sentence =>
  DOCTOR_SENTENCES.say(reason.text.endsWith('.') ? 'notSeenFor' : 'notSeen', { reason });

/**
 * Judges the facts by each check.
 * @param attestations of persons, or why nobody knows of any
 * @param without ids of checks that are left out, which is said of each
 */
export function examine(
  checks: readonly DoctorCheck[],
  facts: SiteFacts,
  attestations: readonly Attestation[] | Unseen,
  without: readonly string[] = [],
): DoctorReport {
  const results = checks.map((check): DoctorResult => {
    if (!without.includes(check.id)) return resultOf(check, facts, attestations);
    return { ...rowOf(check), outcome: 'could not look', evidence: ['left out, as the options say'] };
  });
  const count = (outcome: DoctorOutcome): number => results.filter((result) => result.outcome === outcome).length;
  const found = results.filter(({ outcome }) => outcome === 'finding').map(({ severity }) => severity);
  const worst = [...DOCTOR_SEVERITIES].reverse().find((severity) => found.includes(severity));
  return {
    schema: 'pm500.doctor/1',
    at: new Date(facts.nowMs).toISOString(),
    version: facts.packageVersion,
    counts: Object.fromEntries(DOCTOR_OUTCOMES.map((outcome) => [outcome, count(outcome)])) as DoctorReport['counts'],
    ...(worst === undefined ? {} : { worst }),
    results,
  };
}
