import { escapeMarkup } from '../support/escape-markup';
import { energyOf } from './html-figures';
import { meterSection, notes } from './html-meter';
import { table, type Page } from './html-table';
import { REPORT_STYLE } from './html-style';
import type { EnergyKey } from './load-profile';
import type { ReportModel } from './model';
import type { ReportWords, Shown } from './report-words';
import { reportWords, type ReportLanguage } from './words';
import { DAY_MS } from './period';

function shownIn({ locale }: ReportWords, timeZone: string): Shown {
  const time = new Intl.DateTimeFormat(locale, { timeZone, dateStyle: 'medium', timeStyle: 'short' });
  const date = new Intl.DateTimeFormat(locale, { timeZone, dateStyle: 'medium' });
  return {
    number: (value, decimals = 0) => {
      const text = value.toLocaleString(locale, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
      return /^-0([.,]0*)?$/.test(text) ? text.slice(1) : text;
    },
    time: (timeMs) => time.format(timeMs),
    date: (timeMs) => date.format(timeMs),
  };
}

/** What the period is called in a language. */
function periodTitle({ period, zone }: Pick<ReportModel, 'period' | 'zone'>, language: ReportWords): string {
  const { date } = shownIn(language, zone.name);
  const month = new Intl.DateTimeFormat(language.locale, { timeZone: zone.name, month: 'long', year: 'numeric' });
  return language.periodName(period, month.format(period.fromMs), date(period.fromMs), date(period.toMs - DAY_MS / 2));
}

function overview(page: Page): string {
  const { model, language, shown } = page;
  const { words } = language;
  if (model.meters.length < 2) return '';
  const { number, time } = shown;
  const rows = model.meters.map(({ meter, figures }) => {
    if (figures === undefined) return [meter, words.none, '', '', '', '', ''];
    const { peak, loadFactor, powerFactor, coverage } = figures;
    const energy = (key: EnergyKey): string => {
      const found = energyOf(figures, key);
      return found === undefined ? '–' : `${number(found, 1)} kWh`;
    };
    return [
      meter,
      energy('activeImport'),
      energy('activeExport'),
      peak === undefined ? '–' : `${number(peak.watts / 1000, 1)} kW, ${time(peak.endMs)}`,
      loadFactor === undefined ? '–' : `${number(loadFactor, 1)} %`,
      powerFactor === undefined ? '–' : number(powerFactor, 3),
      `${number(coverage, 2)} %`,
    ];
  });
  const head = [
    words.meters,
    words.activeImport,
    words.activeExport,
    words.peak,
    words.loadFactor,
    words.powerFactor,
    words.coverage,
  ];
  return `<h2>${escapeMarkup(words.meters)}</h2>${table(head, rows)}<p class="small">${escapeMarkup(words.notSummed)}</p>`;
}

/** The report as one page with everything in it: no script, nothing from elsewhere. @param version of this package */
export function formatReportHtml(model: ReportModel, languageName: ReportLanguage, version: string): string {
  const language = reportWords(languageName);
  const { words, method } = language;
  const shown = shownIn(language, model.zone.name);
  const page: Page = { model, language, shown };
  const subject =
    model.site === undefined ? model.meters.map(({ meter }) => meter).join(', ') : `${words.site} ${model.site}`;
  const title = `${words.energyReport} ${periodTitle(model, language)}`;
  const made = `${words.made} ${shown.time(model.nowMs)}`;
  return `<!doctype html>
<html lang="${languageName}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeMarkup(`${title}: ${subject}`)}</title>
<style>${REPORT_STYLE}</style>
</head>
<body>
<main>
<h1>${escapeMarkup(title)}</h1>
<p class="when">${escapeMarkup(subject)}<br>${escapeMarkup(`${words.zone} ${model.zone.name}. ${made}, PowerMonitor 500 for Node-RED ${version}`)}</p>
${notes(model.notes, page)}
${overview(page)}
${model.meters.map((meter) => meterSection(meter, page)).join('\n')}
<h3>${escapeMarkup(words.method)}</h3>
<ul class="small">${method.map((sentence) => `<li>${escapeMarkup(sentence)}</li>`).join('')}</ul>
</main>
</body>
</html>
`;
}
