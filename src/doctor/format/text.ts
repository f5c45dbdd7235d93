import { DOCTOR_AREAS } from '../check';
import type { DoctorOutcome, DoctorReport, DoctorResult } from '../examine';
import { findingsOf, summaryOf } from './order';

const MARKS: Readonly<Record<DoctorOutcome, string>> = {
  ok: 'ok      ',
  finding: 'FINDING ',
  attested: 'attested',
  'could not look': '?       ',
};
/** Of ids in one line. */
const LINE_CHARACTERS = 100;
const INDENT = '          ';

const lines = (indent: string, texts: readonly string[]): string => texts.map((text) => `${indent}${text}\n`).join('');

function detail({ id, severity, title, evidence, remedy, docs }: DoctorResult): string {
  return `${severity.toUpperCase()}  ${id}. Should be: ${title}\n${lines('  ', [...evidence, remedy, docs])}\n`;
}

function row({ id, outcome, evidence }: DoctorResult): string {
  const [first = '', ...others] = evidence;
  return `${MARKS[outcome]}  ${id}${first === '' ? '' : `: ${first}`}\n${lines(INDENT, others)}`;
}

/** What could not be looked at, by the reason: one that keeps many checks from looking is said once. */
function darkness(results: readonly DoctorResult[]): string {
  const byReason = new Map<string, string[]>();
  for (const { id, evidence } of results.filter(({ outcome }) => outcome === 'could not look')) {
    const reason = evidence.join('; ');
    byReason.set(reason, [...(byReason.get(reason) ?? []), id]);
  }
  if (byReason.size === 0) return '';
  const told = [...byReason].map(([reason, ids]) => `  ${reason}\n${lines('    ', wrapped(ids))}`);
  return `Could not look\n${told.join('')}\n`;
}

/** Words in lines of a terminal. */
function wrapped(words: readonly string[]): readonly string[] {
  const filled: string[] = [];
  for (const word of words) {
    const last = filled.at(-1);
    if (last === undefined || last.length + word.length + 2 > LINE_CHARACTERS) filled.push(word);
    else filled[filled.length - 1] = `${last}, ${word}`;
  }
  return filled;
}

/**
 * The report for a terminal: findings with what to do, what could not be looked at, and the verdict at the end, where the
 * eye is.
 * @param isWhole true for every check with what was seen
 */
export function formatDoctorText(report: DoctorReport, isWhole: boolean): string {
  const { results } = report;
  const findings = findingsOf(report).map(detail).join('');
  const notSeen = isWhole ? '' : darkness(results);
  const all = DOCTOR_AREAS.map((area) => {
    const own = results.filter((result) => result.area === area);
    return own.length === 0 ? '' : `${area}\n${own.map(row).join('')}\n`;
  }).join('');
  return `${isWhole ? all : ''}${findings}${notSeen}${summaryOf(report)}\n`;
}
