import { escapeMarkup } from '../support/escape-markup';
import { barChart, lineChart, type ChartAxis } from './charts';
import { energyOf, figuresTable, isWhole, WATTS_PER_KW, WHOLE } from './html-figures';
import { table, type Page } from './html-table';
import type { MeterFigures, ReportMeter } from './model';
import type { ReportNote } from './notes';
import type { Measured } from './supply';
import { DAY_MS } from './period';

const MOST_GAPS = 40;
const MOST_REASONS = 10;

export function notes(list: readonly ReportNote[], { language, shown }: Page): string {
  if (list.length === 0) return '';
  const items = list.map(
    (each) => `<li>${escapeMarkup(language.note(each, shown))} <span class="code">${each.code}</span></li>`,
  );
  return `<ul class="notes">${items.join('')}</ul>`;
}

function cards(figures: MeterFigures, { language: { words }, shown: { number, time } }: Page): string {
  const card = (title: string, value: string, more: string): string =>
    `<div><span>${escapeMarkup(title)}</span><b>${escapeMarkup(value)}</b><span>${escapeMarkup(more)}</span></div>`;
  const { peak, loadFactor, powerFactor, coverage, tariff } = figures;
  const share = (value: number | undefined, unit: string, decimals: number): string =>
    value === undefined ? words.none : `${number(value, decimals)}${unit}`;
  return `<div class="cards">${[
    card(
      words.activeImport,
      share(energyOf(figures, 'activeImport'), ' kWh', 0),
      isWhole(figures) ? words.good : words.uncertain,
    ),
    card(
      words.peak,
      peak === undefined ? words.none : `${number(peak.watts / WATTS_PER_KW, 1)} kW`,
      peak === undefined ? '' : time(peak.endMs),
    ),
    card(words.powerFactor, share(powerFactor, '', 3), `${words.loadFactor} ${share(loadFactor, ' %', 1)}`),
    tariff === undefined
      ? card(words.coverage, share(coverage, ' %', 2), '')
      : card(words.cost, `${number(tariff.cost, 2)} ${tariff.currency}`, `${words.read} ${share(coverage, ' %', 2)}`),
  ].join('')}</div>`;
}

function charts(
  { days, profile, duration, figures }: ReportMeter,
  { model, language: { words }, shown }: Page,
): string {
  const axis = (unit: string): ChartAxis => ({
    unit,
    number: (value) => shown.number(value, value < 10 && !Number.isInteger(value) ? 1 : 0),
  });
  const label = (timeMs: number): string => String(new Date(model.zone.localOf(timeMs)).getUTCDate());
  const bars = (of: (day: (typeof days)[number]) => number) =>
    days.map((day) => ({
      label: label(day.startMs),
      value: day.coverage === 0 && of(day) === 0 ? undefined : of(day),
      isPartial: day.coverage < WHOLE,
    }));
  const spanMs = model.untilMs - model.period.fromMs;
  const marks = days
    .filter((_, index) => index % Math.ceil(days.length / 16) === 0)
    .map(({ startMs }) => ({ share: (startMs + DAY_MS / 2 - model.period.fromMs) / spanMs, label: label(startMs) }))
    .filter(({ share }) => share < 1);
  const shares = [0, 20, 40, 60, 80, 100].map((percent) => ({ share: percent / 100, label: `${percent} %` }));
  const kilowatts = (watts: number | undefined): number | undefined =>
    watts === undefined ? undefined : watts / WATTS_PER_KW;
  return [
    barChart(
      `${words.days}: ${words.activeImport}`,
      bars(({ importKwh }) => importKwh),
      axis('kWh'),
    ),
    ...((figures?.energies.activeExport ?? 0) > 0
      ? [
          barChart(
            `${words.days}: ${words.activeExport}`,
            bars(({ exportKwh }) => exportKwh),
            axis('kWh'),
          ),
        ]
      : []),
    lineChart(words.load, profile.map(kilowatts), marks, axis('kW')),
    lineChart(`${words.duration} (${words.durationAxis})`, duration.map(kilowatts), shares, axis('kW')),
  ].join('\n');
}

function tariffTable({ tariff }: MeterFigures, { language: { words }, shown: { number } }: Page): string {
  if (tariff === undefined) return '';
  const rows = tariff.levels.map(({ name, importKwh, estimatedKwh, pricePerKwh, cost }) => [
    name,
    `${number(importKwh, 1)} kWh`,
    estimatedKwh > 0 ? `${number(estimatedKwh, 1)} kWh` : '–',
    `${number(pricePerKwh, 4)} ${tariff.currency}`,
    `${number(cost, 2)} ${tariff.currency}`,
  ]);
  const all = tariff.levels.reduce((sum, { importKwh }) => sum + importKwh, 0);
  rows.push([words.total, `${number(all, 1)} kWh`, '', '', `${number(tariff.cost, 2)} ${tariff.currency}`]);
  return `<h3>${escapeMarkup(words.tariff)}</h3>${table([words.level, words.energy, words.ofIt, words.price, words.cost], rows)}`;
}

function supplyTable(meter: ReportMeter, { model, language: { words }, shown: { number, time } }: Page): string {
  const { voltages, voltageUnbalance, currentUnbalance, frequency } = meter;
  const hasBand = model.nominalVolts !== undefined;
  const row = (name: string, of: Measured, unit: string, decimals: number, within?: number): string[] => [
    name,
    `${number(of.least, decimals)} ${unit}`,
    `${number(of.mean, decimals)} ${unit}`,
    `${number(of.greatest, decimals)} ${unit}`,
    time(of.greatestMs),
    ...(hasBand ? [within === undefined ? '' : `${number(within, 2)} %`] : []),
  ];
  const rows = [
    ...voltages.map((voltage) =>
      row(`${words.voltage} ${voltage.phase.toUpperCase()}-N`, voltage, 'V', 1, voltage.within),
    ),
    ...(frequency === undefined ? [] : [row(words.frequency, frequency, 'Hz', 2)]),
    ...(voltageUnbalance === undefined ? [] : [row(words.voltageUnbalance, voltageUnbalance, '%', 2)]),
    ...(currentUnbalance === undefined ? [] : [row(words.currentUnbalance, currentUnbalance, '%', 1)]),
  ];
  if (rows.length === 0) return '';
  const band = model.nominalVolts === undefined ? [] : [`${words.within} (${number(model.nominalVolts)} V)`];
  const head = [words.phase, words.least, words.average, words.greatest, words.when, ...band];
  return `<h3>${escapeMarkup(words.supply)}</h3>${table(head, rows)}<p class="small">${escapeMarkup(words.indicative)}</p>`;
}

function alarmsTable(
  { alarms }: ReportMeter,
  { language: { words, severities }, shown: { number, time } }: Page,
): string {
  const title = `<h3>${escapeMarkup(words.alarms)}</h3>`;
  if (alarms.length === 0) return `${title}<p>${escapeMarkup(words.noAlarms)}</p>`;
  const rows = alarms.map(({ id, message, severity, raised, firstMs, lastMs, isActive }) => [
    { text: message === '' ? id : `${message} (${id})` },
    { text: severities[severity] ?? severity },
    number(raised),
    firstMs === undefined ? '–' : time(firstMs),
    lastMs === undefined ? '–' : time(lastMs),
    { text: isActive ? words.active : words.ended },
  ]);
  return `${title}${table([words.alarm, { text: words.severity }, words.raised, words.first, words.last, { text: words.atEnd }], rows)}`;
}

function gapsTable({ gaps, missing }: ReportMeter, { language: { words }, shown: { number, time } }: Page): string {
  const rows = gaps
    .slice(0, MOST_GAPS)
    .map(({ fromMs, toMs, state, importKwh }) => [
      { text: time(fromMs) },
      { text: time(toMs) },
      { text: words[state] },
      state === 'missing' ? words.none : `${number(importKwh, 1)} kWh`,
    ]);
  if (gaps.length > MOST_GAPS) rows.push([{ text: `… ${number(gaps.length)}` }, { text: '' }, { text: '' }, '']);
  const found =
    gaps.length === 0
      ? ''
      : `<h3>${escapeMarkup(words.gaps)}</h3>${table([{ text: words.from }, { text: words.to }, { text: words.state }, words.activeImport], rows)}`;
  const reasons = [...missing].slice(0, MOST_REASONS).map(([reason, count]) => [{ text: reason }, number(count)]);
  if (reasons.length === 0) return found;
  return `${found}<h3>${escapeMarkup(words.missingValues)}</h3>${table([{ text: words.reason }, words.count], reasons)}`;
}

/** All of one meter. */
export function meterSection(meter: ReportMeter, page: Page): string {
  const { figures } = meter;
  const parts = [`<h2>${escapeMarkup(meter.meter)}</h2>`, notes(meter.notes, page)];
  if (figures !== undefined) {
    parts.splice(1, 0, cards(figures, page));
    parts.push(figuresTable(meter, page), charts(meter, page), tariffTable(figures, page), supplyTable(meter, page));
  }
  if (!meter.isOfFile) parts.push(alarmsTable(meter, page));
  parts.push(gapsTable(meter, page));
  return `<section class="meter">${parts.join('\n')}</section>`;
}
