import { sentences, type Sentence } from '../../support/sentence';
import { CAUSE_ROWS, type CauseCode, type CauseRow } from './cause-rows';
import type { Evidence, EvidenceWords } from './evidence';

/** Why a meter cannot be read, or is the wrong one, for a person. */
export interface Cause {
  readonly code: CauseCode;
  /** What is the matter, one sentence. */
  readonly sentence: Sentence;
  /** What to do. */
  readonly remedy: Sentence;
  /** What the transport said; absent where that is the sentence. */
  readonly detail?: Sentence;
}

const ROWS: readonly (CauseRow & { readonly code: CauseCode })[] = CAUSE_ROWS;

const keyOf = ({ code, variant }: CauseRow): string => (variant === undefined ? code : `${code}_${variant}`);

/** A row that says only what the transport said. */
const WHOLE_DETAIL = '{detail}';

/** What causes say, by code and variant. */
export const CAUSE_SENTENCES = sentences<string>(
  'cause',
  Object.fromEntries(
    ROWS.flatMap((row) => (row.sentence === WHOLE_DETAIL ? [] : [[keyOf(row), row.sentence] as const])),
  ),
);
/** What to do about them. */
export const CAUSE_REMEDIES = sentences<string>('remedy', {
  ...Object.fromEntries(ROWS.map((row) => [keyOf(row), row.remedy])),
  NOT_KNOWN: 'Do what the sentence says; docs/transports.md tells what each transport needs.',
});

function fits({ when }: CauseRow, evidence: Evidence): boolean {
  return Object.entries(when).every(([fact, values]) =>
    (values as readonly unknown[]).includes(evidence[fact as keyof Evidence]),
  );
}

/**
 * The cause that the evidence names.
 * @returns undefined where the meter was read and is the right one
 */
export function diagnose(evidence: Evidence, words: EvidenceWords): Cause | undefined {
  const row = ROWS.find((each) => fits(each, evidence));
  if (row !== undefined) {
    const key = keyOf(row);
    const { code } = row;
    const remedy = CAUSE_REMEDIES.say(key, words);
    if (row.sentence === WHOLE_DETAIL) return { code, sentence: words.detail, remedy };
    const sentence = CAUSE_SENTENCES.say(key, words);
    const isSaid = row.sentence.includes(WHOLE_DETAIL) || words.detail.text === '';
    return { code, sentence, remedy, ...(isSaid ? {} : { detail: words.detail }) };
  }
  if (evidence.error === undefined) return undefined;
  return { code: 'NOT_KNOWN', sentence: words.detail, remedy: CAUSE_REMEDIES.say('NOT_KNOWN') };
}
