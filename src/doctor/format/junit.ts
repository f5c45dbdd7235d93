import { DOCTOR_AREAS } from '../check';
import type { DoctorReport, DoctorResult } from '../examine';
import { escapeMarkup } from '../../support/escape-markup';

function testCase({ id, area, outcome, severity, title, evidence, remedy, docs }: DoctorResult): string {
  const head = `<testcase classname="pm500.doctor.${area.replaceAll(' ', '-')}" name="${id}: ${escapeMarkup(title)}"`;
  const text = escapeMarkup(evidence.join(' '));
  switch (outcome) {
    case 'finding':
      return `${head}><failure type="${severity}" message="${text}">${escapeMarkup(`${evidence.join('\n')}\n${remedy}\n${docs}`)}</failure></testcase>`;
    case 'could not look':
      return `${head}><skipped message="${text}"/></testcase>`;
    case 'ok':
    case 'attested':
      return `${head}><system-out>${escapeMarkup(outcome)}: ${text}</system-out></testcase>`;
  }
}

/** The report as JUnit XML: a finding is a failure, and what could not be looked at is skipped. */
export function formatDoctorJunit({ results, at }: DoctorReport): string {
  const suites = DOCTOR_AREAS.flatMap((area) => {
    const own = results.filter((result) => result.area === area);
    if (own.length === 0) return [];
    const count = (outcome: DoctorResult['outcome']): number =>
      own.filter((result) => result.outcome === outcome).length;
    const counts = `tests="${own.length}" failures="${count('finding')}" errors="0" skipped="${count('could not look')}"`;
    return [
      `  <testsuite name="${area}" ${counts} timestamp="${at.slice(0, 19)}">`,
      ...own.map((result) => `    ${testCase(result)}`),
      '  </testsuite>',
    ];
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites name="pm500 doctor">',
    ...suites,
    '</testsuites>',
    '',
  ].join('\n');
}
