import { DOCTOR_AREAS } from '../check';
import type { DoctorReport, DoctorResult } from '../examine';
import { escapeMarkup } from '../../support/escape-markup';
import { findingsOf, summaryOf } from './order';

const STYLE = `
@page { size: A4; margin: 16mm 14mm; }
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1.5rem; background: #fff; color: #1d2530; font: 15px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.6rem; }
h2 { margin: 2rem 0 .6rem; font-size: 1.1rem; border-bottom: 1px solid #c8d0da; padding-bottom: .25rem; break-after: avoid; }
.when { margin: .2rem 0 1.2rem; color: #4c5866; }
.verdict { padding: .8rem 1rem; border: 1px solid #c8d0da; border-left-width: 6px; font-size: 1.05rem; }
.verdict.good { border-left-color: #1a7f37; }
.verdict.notice { border-left-color: #1f6feb; }
.verdict.warning { border-left-color: #9a6700; }
.verdict.critical { border-left-color: #b3261e; }
.finding { margin: 0 0 .9rem; padding: .7rem 1rem; border: 1px solid #c8d0da; border-left-width: 6px; break-inside: avoid; }
.finding.notice { border-left-color: #1f6feb; }
.finding.warning { border-left-color: #9a6700; }
.finding.critical { border-left-color: #b3261e; }
.finding h3 { margin: 0; font-size: 1rem; }
.finding p { margin: .3rem 0 0; }
.wanted { color: #4c5866; }
.remedy { font-weight: 600; }
.id, .docs { font-family: ui-monospace, monospace; font-size: .85em; color: #4c5866; }
.id { white-space: nowrap; }
table { width: 100%; table-layout: fixed; border-collapse: collapse; font-size: .87rem; }
td, th { padding: .3rem .5rem; border-bottom: 1px solid #e1e6ec; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { color: #4c5866; font-weight: 600; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
th:nth-child(1) { width: 8.6em; }
th:nth-child(2) { width: 42%; }
td:nth-child(1) { font-weight: 600; white-space: nowrap; }
.ok { color: #1a7f37; } .attested { color: #0b5394; } .dark { color: #6b4e00; } .found { color: #b3261e; }
.sign { display: flex; gap: 2rem; margin-top: 2.5rem; break-inside: avoid; }
.sign div { flex: 1; border-top: 1px solid #1d2530; padding-top: .3rem; color: #4c5866; font-size: .85rem; }
`;

const LOOKS: Readonly<Record<DoctorResult['outcome'], string>> = {
  ok: 'ok',
  finding: 'found',
  attested: 'attested',
  'could not look': 'dark',
};

function finding({ id, severity, title, evidence, remedy, docs }: DoctorResult): string {
  const sentences = evidence.map((sentence) => `<p>${escapeMarkup(sentence)}</p>`).join('');
  return `<section class="finding ${severity}"><h3>${severity} <span class="id">${id}</span></h3><p class="wanted">Should be: ${escapeMarkup(title)}</p>${sentences}<p class="remedy">${escapeMarkup(remedy)}</p><p class="docs">${escapeMarkup(docs)}</p></section>`;
}

function row({ id, outcome, title, evidence }: DoctorResult): string {
  const seen = evidence.map(escapeMarkup).join('<br>');
  return `<tr><td class="${LOOKS[outcome]}">${outcome}</td><td>${escapeMarkup(title)} <span class="id">${id}</span></td><td>${seen}</td></tr>`;
}

function section(area: string, results: readonly DoctorResult[]): string {
  const own = results.filter((result) => result.area === area);
  if (own.length === 0) return '';
  const head = '<thead><tr><th>Outcome</th><th>What should be true</th><th>Evidence</th></tr></thead>';
  return `<h2>${area[0]?.toUpperCase() ?? ''}${area.slice(1)}</h2><table>${head}<tbody>${own.map(row).join('')}</tbody></table>`;
}

/** The report as one page with everything in it, for a screen and for paper. @param site what it is about */
export function formatDoctorHtml(report: DoctorReport, site: string): string {
  const { results, at, version, worst } = report;
  const findings = findingsOf(report);
  const time = `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Readiness of ${escapeMarkup(site)}, ${time}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Readiness report</h1>
<p class="when">${escapeMarkup(site)}, ${time}, PowerMonitor 500 for Node-RED ${escapeMarkup(version)}</p>
<p class="verdict ${worst ?? 'good'}">${escapeMarkup(summaryOf(report))}</p>
${findings.length === 0 ? '' : `<h2>Findings</h2>\n${findings.map(finding).join('\n')}`}
${DOCTOR_AREAS.map((area) => section(area, results)).join('\n')}
<div class="sign"><div>Name, date</div><div>Approved by, date</div></div>
</main>
</body>
</html>
`;
}
