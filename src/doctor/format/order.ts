import { DOCTOR_SEVERITIES } from '../check';
import type { DoctorReport, DoctorResult } from '../examine';

/** Findings, the worst first; then in the order of the checklist. */
export function findingsOf({ results }: DoctorReport): readonly DoctorResult[] {
  const rank = ({ severity }: DoctorResult): number => -DOCTOR_SEVERITIES.indexOf(severity);
  return results.filter(({ outcome }) => outcome === 'finding').sort((left, right) => rank(left) - rank(right));
}

/** One sentence for the whole. */
export function summaryOf({ counts, worst }: DoctorReport): string {
  const rest = `${counts.ok} fine, ${counts.attested} attested, ${counts['could not look']} could not be looked at`;
  const { finding } = counts;
  if (finding === 0) return `No findings: ${rest}.`;
  return `${finding} ${finding === 1 ? 'finding' : 'findings'}, the worst ${worst ?? ''}; ${rest}.`;
}
