import { CAUSE_ROWS, type CauseCode, type CauseRow } from './cause-rows';
import type { Evidence, EvidenceWords } from './evidence';

/** Why a meter cannot be read, or is the wrong one, for a person. */
export interface Cause {
  readonly code: CauseCode;
  /** What is the matter, one sentence. */
  readonly sentence: string;
  /** What to do. */
  readonly remedy: string;
  /** What the transport said; empty where that is the sentence. */
  readonly detail: string;
}

/** What to do about what nobody foresaw. */
export const REMEDY_OF_NOT_KNOWN = 'Do what the sentence says; docs/transports.md tells what each transport needs.';

const ROWS: readonly (CauseRow & { readonly code: CauseCode })[] = CAUSE_ROWS;

function fits({ when }: CauseRow, evidence: Evidence): boolean {
  return Object.entries(when).every(([fact, values]) =>
    (values as readonly unknown[]).includes(evidence[fact as keyof Evidence]),
  );
}

const fill = (text: string, words: EvidenceWords): string =>
  text.replaceAll(/\{(\w+)\}/g, (_place, name: string) => String(words[name as keyof EvidenceWords]));

/**
 * The cause that the evidence names.
 * @returns undefined where the meter was read and is the right one
 */
export function diagnose(evidence: Evidence, words: EvidenceWords): Cause | undefined {
  const row = ROWS.find((each) => fits(each, evidence));
  if (row !== undefined) {
    const sentence = fill(row.sentence, words);
    const detail = row.sentence.includes('{detail}') ? '' : words.detail;
    return { code: row.code, sentence, remedy: fill(row.remedy, words), detail };
  }
  if (evidence.error === undefined) return undefined;
  return { code: 'NOT_KNOWN', sentence: words.detail, remedy: REMEDY_OF_NOT_KNOWN, detail: '' };
}
