/** Of the page of a report, for a screen and for A4. */
export const REPORT_STYLE = `
@page { size: A4; margin: 14mm 13mm 16mm; @bottom-right { content: counter(page) " / " counter(pages); font: 9px system-ui, sans-serif; color: #4c5866; } }
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1.5rem; background: #fff; color: #1d2530; font: 14px/1.45 system-ui, sans-serif; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
h1 { margin: 0; font-size: 1.6rem; }
h2 { margin: 1.6rem 0 .6rem; font-size: 1.25rem; border-bottom: 2px solid #0b5394; padding-bottom: .2rem; break-after: avoid; overflow-wrap: anywhere; }
h3 { margin: 1.2rem 0 .4rem; font-size: 1rem; break-after: avoid; }
.when { margin: .2rem 0 1rem; color: #4c5866; overflow-wrap: anywhere; }
.cards { display: grid; grid-template-columns: repeat(4, 1fr); gap: .6rem; margin: .8rem 0; break-inside: avoid; }
.cards div { border: 1px solid #c8d0da; border-top: 4px solid #0b5394; padding: .5rem .7rem; }
.cards b { display: block; font-size: 1.2rem; }
.cards span { color: #4c5866; font-size: .82rem; }
ul.notes { margin: .4rem 0; padding: 0; list-style: none; }
ul.notes li { margin: 0 0 .4rem; padding: .45rem .8rem; border: 1px solid #c8d0da; border-left: 5px solid #9a6700; break-inside: avoid; overflow-wrap: anywhere; }
.code { font-family: ui-monospace, monospace; font-size: .82em; color: #4c5866; }
table { width: 100%; border-collapse: collapse; font-size: .86rem; margin: .3rem 0; }
td, th { padding: .28rem .5rem; border-bottom: 1px solid #e1e6ec; text-align: right; vertical-align: top; }
td { white-space: nowrap; }
td:first-child, th:first-child, td.text, th.text { text-align: left; }
td:first-child, td.text { white-space: normal; overflow-wrap: anywhere; min-width: 8.5em; }
th { color: #4c5866; font-weight: 600; }
td { font-variant-numeric: tabular-nums; }
thead { display: table-header-group; }
tr, table { break-inside: avoid; }
.small { color: #4c5866; font-size: .82rem; }
figure { margin: .6rem 0; break-inside: avoid; }
figcaption { font-weight: 600; }
.unit { color: #4c5866; font-weight: 400; }
svg { display: block; width: 100%; height: auto; }
.grid { stroke: #e1e6ec; stroke-width: 1; }
.axis { font: 10.5px system-ui, sans-serif; fill: #4c5866; }
.bar { fill: #2f6fb3; }
.partial { fill: #e6b566; stroke: #9a6700; stroke-width: 1; stroke-dasharray: 3 2; }
.line { fill: none; stroke: #2f6fb3; stroke-width: 1.1; stroke-linejoin: round; }
@media print {
  body { padding: 0; max-width: none; font-size: 12px; }
  section.meter { break-before: page; }
  section.meter:first-of-type { break-before: auto; }
}
@media (max-width: 40rem) { .cards { grid-template-columns: repeat(2, 1fr); } }
`;
