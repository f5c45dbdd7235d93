import type { Sentence } from '../support/sentence';
import type { SiteFacts } from './facts';
import { DOCTOR_SENTENCES } from './doctor-sentences';
import { LOOK_WORDS, unseen, type Looked, type Unseen } from './looked';

/** How bad a finding is, the mildest first. */
export const DOCTOR_SEVERITIES = ['notice', 'warning', 'critical'] as const;
export type DoctorSeverity = (typeof DOCTOR_SEVERITIES)[number];

/** What checks look at, in the order of reports. */
export const DOCTOR_AREAS = [
  'host',
  'service',
  'user directory',
  'security',
  'certificates',
  'delivery',
  'brokers',
  'databases',
  'meters',
  'values',
  'people',
] as const;
export type DoctorArea = (typeof DOCTOR_AREAS)[number];

/** What one check came to see. */
export interface Sighting {
  /** A sentence for each thing that is wrong. */
  readonly findings: readonly Sentence[];
  /** Why something could not be looked at, a clause or a sentence each. */
  readonly unseen: readonly Sentence[];
  /** What was looked at, for a check that found nothing. */
  readonly seen: string;
}

/** One row of the readiness checklist. */
export interface DoctorCheck {
  /** Stable: what a person attests, leaves out or watches goes by it. */
  readonly id: string;
  readonly area: DoctorArea;
  readonly severity: DoctorSeverity;
  /** What is true when all is well, as a clause. */
  readonly title: string;
  /** Where the evidence comes from. */
  readonly looksAt: string;
  /** What to do about a finding; one sentence. */
  readonly remedy: string;
  /** Page of the documentation, from `docs/` on. */
  readonly docs: string;
  /** Days for which the word of a person counts. */
  readonly attestedDays?: number;
  /** Pure: everything comes from the facts. */
  readonly look: (facts: SiteFacts) => Sighting;
}

/** A check that cannot be made, because of a fact that it needs. */
export function notLookedAt({ unseen }: Unseen): Sighting {
  return { findings: [], unseen: [unseen], seen: '' };
}

/** A check of one fact. @param find a sentence for each thing that is wrong */
export function sightOne<Fact>(
  looked: Looked<Fact>,
  find: (fact: Fact) => readonly Sentence[],
  tell: (fact: Fact) => string,
): Sighting {
  if ('unseen' in looked) return notLookedAt(looked);
  return { findings: find(looked.seen), unseen: [], seen: tell(looked.seen) };
}

/** The same, where what is of no use to Node-RED either is a finding: of one check alone, the others cannot be made. */
export function sightWhole<Fact>(
  looked: Looked<Fact>,
  find: (fact: Fact) => readonly Sentence[],
  tell: (fact: Fact) => string,
): Sighting {
  if ('seen' in looked || looked.isBroken !== true) return sightOne(looked, find, tell);
  return { findings: [DOCTOR_SENTENCES.say('broken', { problem: looked.unseen })], unseen: [], seen: '' };
}

/** A fact about modes and owners of files, of which a system without users of that kind says nothing. */
export const ofModes = <Fact>({ ownUser }: SiteFacts, looked: Looked<Fact>): Looked<Fact> =>
  ownUser === undefined ? unseen(LOOK_WORDS.say('accessLists')) : looked;

/** How many of a kind, in words. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count === 0 ? 'no' : String(count)} ${count === 1 ? noun : plural}`;
}

/** A check of each of several things. @param noun what they are called, in the singular and the plural */
export function sightEach<Item>(
  looked: Looked<readonly Item[]>,
  find: (item: Item) => Looked<readonly Sentence[]> | readonly Sentence[],
  noun: readonly [singular: string, plural: string],
): Sighting {
  if ('unseen' in looked) return { findings: [], unseen: [looked.unseen], seen: '' };
  const findings: Sentence[] = [];
  const unseen: Sentence[] = [];
  for (const item of looked.seen) {
    const found = find(item);
    if (!('unseen' in found)) findings.push(...('seen' in found ? found.seen : found));
    else unseen.push(found.unseen);
  }
  return { findings, unseen, seen: `${counted(looked.seen.length, ...noun)} looked at` };
}
