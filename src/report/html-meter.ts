import { kilowattHours } from '../domain/kpis/formulas';
import { escapeMarkup } from '../support/escape-markup';
import { barChart, lineChart, type ChartAxis } from './charts';
import type { EnergyKey } from './load-profile';
import type { MeterFigures, ReportMeter, ReportModel } from './model';
import type { ReportNote } from './notes';
import type { Measured } from './supply';
import type { ReportWords, Shown, WordKey } from './report-words';
import { DAY_MS } from './period';

/** What every part of the page needs. */
export interface Page {
  readonly model: ReportModel;
  readonly language: ReportWords;
  readonly shown: Shown;
}

const WATTS_PER_KW = 1000;
const WHOLE = 99.995;
const MOST_GAPS = 40;
const MOST_REASONS = 10;

export type ReportCell = string | { readonly text: string };

/** A table; the cells of a column are numbers unless they are texts. */
export function table(head: readonly ReportCell[], rows: readonly (readonly ReportCell[])[]): string {
  const cell = (kind: 'td' | 'th', of: ReportCell): string =>
    typeof of === 'string'
      ? `<${kind}>${escapeMarkup(of)}</${kind}>`
      : `<${kind} class="text">${escapeMarkup(of.text)}</${kind}>`;
  const line = (kind: 'td' | 'th', cells: readonly ReportCell[]): string =>
    `<tr>${cells.map((of) => cell(kind, of)).join('')}</tr>`;
  return `<table><thead>${line('th', head)}</thead><tbody>${rows.map((row) => line('td', row)).join('')}</tbody></table>`;
}

export function notes(list: readonly ReportNote[], { language, shown }: Page): string {
  if (list.length === 0) return '';
  const items = list.map(
    (each) => `<li>${escapeMarkup(language.note(each, shown))} <span class="code">${each.code}</span></li>`,
  );
  return `<ul class="notes">${items.join('')}</ul>`;
}

interface FigureRow {
  readonly word: WordKey;
  readonly unit: string;
  readonly decimals: number;
  readonly of: (figures: MeterFigures) => number | undefined;
  /** A share has no change in percent. */
  readonly isShare?: boolean;
}

/** kWh or kvarh; undefined where the database has nothing of it. */
export const energyOf = ({ energies, absent }: MeterFigures, key: EnergyKey): number | undefined =>
  absent.includes(key) ? undefined : kilowattHours(energies[key]);

const FIGURES: readonly FigureRow[] = [
  { word: 'activeImport', unit: 'kWh', decimals: 1, of: (figures) => energyOf(figures, 'activeImport') },
  { word: 'activeExport', unit: 'kWh', decimals: 1, of: (figures) => energyOf(figures, 'activeExport') },
  { word: 'reactiveImport', unit: 'kvarh', decimals: 1, of: (figures) => energyOf(figures, 'reactiveImport') },
  { word: 'reactiveExport', unit: 'kvarh', decimals: 1, of: (figures) => energyOf(figures, 'reactiveExport') },
  {
    word: 'peak',
    unit: 'kW',
    decimals: 1,
    of: ({ peak }) => (peak === undefined ? undefined : peak.watts / WATTS_PER_KW),
  },
  {
    word: 'mean',
    unit: 'kW',
    decimals: 1,
    of: (figures) => (figures.absent.includes('activeImport') ? undefined : figures.meanWatts / WATTS_PER_KW),
  },
  { word: 'loadFactor', unit: '%', decimals: 1, of: ({ loadFactor }) => loadFactor, isShare: true },
  { word: 'powerFactor', unit: '', decimals: 3, of: ({ powerFactor }) => powerFactor, isShare: true },
  {
    word: 'compensation',
    unit: 'kvar',
    decimals: 1,
    of: ({ compensationVar }) => (compensationVar === undefined ? undefined : compensationVar / WATTS_PER_KW),
  },
  { word: 'coverage', unit: '%', decimals: 2, of: ({ coverage }) => coverage, isShare: true },
  { word: 'known', unit: '%', decimals: 2, of: ({ known }) => known, isShare: true },
];

const isWhole = (figures: MeterFigures): boolean => figures.coverage >= WHOLE && figures.uncertainImport === 0;

/** Change in percent. With a tilde where one of the two is not whole. */
function changeOf(
  now: MeterFigures,
  other: MeterFigures | undefined,
  { of, isShare }: FigureRow,
  { number }: Shown,
): string {
  if (other === undefined || isShare === true) return '';
  const [value, base] = [of(now), of(other)];
  if (value === undefined || base === undefined || !(base > 0)) return '';
  const percent = (100 * (value - base)) / base;
  const mark = isWhole(now) && isWhole(other) ? '' : '~ ';
  return `${mark}${percent > 0 ? '+' : ''}${number(percent, 1)} %`;
}

function figuresTable({ figures, before, yearBefore }: ReportMeter, page: Page): string {
  const { language, shown, model } = page;
  const { words } = language;
  if (figures === undefined) return '';
  const value = (of: MeterFigures | undefined, row: FigureRow): string => {
    const found = of === undefined ? undefined : row.of(of);
    return found === undefined ? '–' : `${shown.number(found, row.decimals)}${row.unit === '' ? '' : ` ${row.unit}`}`;
  };
  const hasEnded = model.untilMs >= model.period.toMs;
  const costRow: readonly FigureRow[] =
    figures.tariff === undefined
      ? []
      : [{ word: 'cost', unit: figures.tariff.currency, decimals: 2, of: ({ tariff }) => tariff?.cost }];
  const isAsked = ({ word }: FigureRow): boolean => word !== 'compensation' || model.powerFactor !== undefined;
  const rows = [...FIGURES.slice(0, -2), ...costRow, ...FIGURES.slice(-2)]
    .filter(isAsked)
    .map((row) => [
      words[row.word],
      value(figures, row),
      value(before, row),
      hasEnded ? changeOf(figures, before, row, shown) : '',
      value(yearBefore, row),
      hasEnded ? changeOf(figures, yearBefore, row, shown) : '',
    ]);
  const ends = [figures, before, yearBefore].map((of) => (of?.peak === undefined ? '–' : shown.time(of.peak.endMs)));
  rows.splice(5, 0, [words.peakAt, ends[0] ?? '', ends[1] ?? '', '', ends[2] ?? '', '']);
  return table([words.figure, words.whole, words.before, words.change, words.yearBefore, words.change], rows);
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
  parts.push(alarmsTable(meter, page), gapsTable(meter, page));
  return `<section class="meter">${parts.join('\n')}</section>`;
}
