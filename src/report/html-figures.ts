import { kilowattHours } from '../domain/kpis/formulas';
import { table, type Page } from './html-table';
import type { EnergyKey } from './load-profile';
import type { MeterFigures, ReportMeter } from './model';
import type { Shown, WordKey } from './report-words';

export const WATTS_PER_KW = 1000;
export const WHOLE = 99.995;

interface FigureRow {
  readonly word: WordKey;
  readonly unit: string;
  readonly decimals: number;
  readonly of: (figures: MeterFigures) => number | undefined;
  /** Percent of the time with figures that it is of, where that is not all of it. */
  readonly share?: (figures: MeterFigures) => number | undefined;
  /** A share has no change in percent. */
  readonly isShare?: boolean;
}

/** kWh or kvarh; undefined where the database has nothing of it. */
export const energyOf = ({ energies, absent }: MeterFigures, key: EnergyKey): number | undefined =>
  absent.includes(key) ? undefined : kilowattHours(energies[key]);

const powerFactorShare = ({ powerFactorShare: percent }: MeterFigures): number | undefined =>
  percent < WHOLE ? percent : undefined;

const FIGURES: readonly FigureRow[] = [
  {
    word: 'activeImport',
    unit: 'kWh',
    decimals: 1,
    of: (figures) => energyOf(figures, 'activeImport'),
    share: ({ shares }) => shares.activeImport,
  },
  {
    word: 'activeExport',
    unit: 'kWh',
    decimals: 1,
    of: (figures) => energyOf(figures, 'activeExport'),
    share: ({ shares }) => shares.activeExport,
  },
  {
    word: 'reactiveImport',
    unit: 'kvarh',
    decimals: 1,
    of: (figures) => energyOf(figures, 'reactiveImport'),
    share: ({ shares }) => shares.reactiveImport,
  },
  {
    word: 'reactiveExport',
    unit: 'kvarh',
    decimals: 1,
    of: (figures) => energyOf(figures, 'reactiveExport'),
    share: ({ shares }) => shares.reactiveExport,
  },
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
  {
    word: 'powerFactor',
    unit: '',
    decimals: 3,
    of: ({ powerFactor }) => powerFactor,
    share: powerFactorShare,
    isShare: true,
  },
  {
    word: 'compensation',
    unit: 'kvar',
    decimals: 1,
    share: powerFactorShare,
    of: ({ compensationVar }) => (compensationVar === undefined ? undefined : compensationVar / WATTS_PER_KW),
  },
  { word: 'coverage', unit: '%', decimals: 2, of: ({ coverage }) => coverage, isShare: true },
  { word: 'known', unit: '%', decimals: 2, of: ({ known }) => known, isShare: true },
];

export const isWhole = ({ coverage, uncertainImport, shares }: MeterFigures): boolean =>
  coverage >= WHOLE && uncertainImport === 0 && Object.keys(shares).length === 0;

/** Change in percent. With a tilde where one of the two is not whole. */
function changeOf(
  now: MeterFigures,
  other: MeterFigures | undefined,
  { of, isShare, share }: FigureRow,
  { number }: Shown,
): string {
  if (other === undefined || isShare === true) return '';
  // A sum of a part of the time says nothing beside one of all of it.
  if (share?.(now) !== undefined || share?.(other) !== undefined) return '';
  const [value, base] = [of(now), of(other)];
  if (value === undefined || base === undefined || !(base > 0)) return '';
  const percent = (100 * (value - base)) / base;
  const mark = isWhole(now) && isWhole(other) ? '' : '~ ';
  return `${mark}${percent > 0 ? '+' : ''}${number(percent, 1)} %`;
}

export function figuresTable({ figures, before, yearBefore }: ReportMeter, page: Page): string {
  const { language, shown, model } = page;
  const { words } = language;
  if (figures === undefined) return '';
  const value = (of: MeterFigures | undefined, row: FigureRow): string => {
    const found = of === undefined ? undefined : row.of(of);
    if (of === undefined || found === undefined) return '–';
    const share = row.share?.(of);
    const part = share === undefined ? '' : ` (${shown.number(share, 1)} %)`;
    return `${shown.number(found, row.decimals)}${row.unit === '' ? '' : ` ${row.unit}`}${part}`;
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
