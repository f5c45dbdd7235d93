import { escapeMarkup } from '../support/escape-markup';

/** Size of a drawing; it is scaled to the page. */
const WIDTH = 760;
const HEIGHT = 190;
const LEFT = 58;
const BOTTOM = 24;
const TOP = 12;
const RIGHT = 20;
const LINES = 4;
/** The attribute of SVG that says what lies in the drawing. */
const VIEW = 'viewBox';

export interface ChartAxis {
  /** Unit of the values. */
  readonly unit: string;
  readonly number: (value: number) => string;
}

/** One bar; undefined where nothing is known. */
export interface ChartBar {
  readonly label: string;
  readonly value: number | undefined;
  /** Drawn in stripes: not all of it was measured. */
  readonly isPartial: boolean;
}

/** The next value above that a person would write at an axis: 1, 2, 2.5 or 5 with zeros. */
function niceMaximum(most: number): number {
  if (!(most > 0)) return 1;
  const step = most / LINES;
  const power = 10 ** Math.floor(Math.log10(step));
  const nice = [1, 2, 2.5, 5, 10].find((factor) => factor * power >= step) ?? 10;
  return nice * power * LINES;
}

const place = (value: number): string => value.toFixed(1);

function frame(title: string, most: number, { unit, number }: ChartAxis, inside: string): string {
  const lines = Array.from({ length: LINES + 1 }, (_, line) => {
    const value = (most * line) / LINES;
    const y = HEIGHT - BOTTOM - ((HEIGHT - BOTTOM - TOP) * line) / LINES;
    return `<line class="grid" x1="${LEFT}" y1="${place(y)}" x2="${WIDTH - RIGHT}" y2="${place(y)}"/><text class="axis" x="${LEFT - 6}" y="${place(y + 3.5)}" text-anchor="end">${escapeMarkup(number(value))}</text>`;
  }).join('');
  return `<figure><figcaption>${escapeMarkup(title)} <span class="unit">${escapeMarkup(unit)}</span></figcaption><svg ${VIEW}="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeMarkup(title)}">${lines}${inside}</svg></figure>`;
}

const across = (share: number): number => LEFT + share * (WIDTH - RIGHT - LEFT);
const above = (value: number, most: number): number => HEIGHT - BOTTOM - (value / most) * (HEIGHT - BOTTOM - TOP);

/** The greatest of many; a spread of a year of quarters would not fit a call. */
const greatestOf = (values: readonly (number | undefined)[]): number =>
  values.reduce<number>((most, value = 0) => Math.max(most, value), 0);

/** Bars beside each other. */
export function barChart(title: string, bars: readonly ChartBar[], axis: ChartAxis): string {
  const most = niceMaximum(greatestOf(bars.map(({ value }) => value)));
  const step = (WIDTH - RIGHT - LEFT) / Math.max(1, bars.length);
  const everyLabel = Math.ceil(bars.length / 16);
  const drawn = bars.map(({ label, value, isPartial }, index) => {
    const x = LEFT + index * step;
    const text =
      index % everyLabel === 0
        ? `<text class="axis" x="${place(x + step / 2)}" y="${HEIGHT - 8}" text-anchor="middle">${escapeMarkup(label)}</text>`
        : '';
    if (value === undefined)
      return `${text}<text class="axis" x="${place(x + step / 2)}" y="${HEIGHT - BOTTOM - 4}" text-anchor="middle">?</text>`;
    const y = above(Math.max(0, value), most);
    return `${text}<rect class="${isPartial ? 'partial' : 'bar'}" x="${place(x + step * 0.12)}" y="${place(y)}" width="${place(step * 0.76)}" height="${place(HEIGHT - BOTTOM - y)}"/>`;
  });
  return frame(title, most, axis, drawn.join(''));
}

/**
 * A line over equal steps; where a value is undefined it has a gap. @param labels at their share of the width
 */
export function lineChart(
  title: string,
  values: readonly (number | undefined)[],
  labels: readonly { readonly share: number; readonly label: string }[],
  axis: ChartAxis,
): string {
  const most = niceMaximum(greatestOf(values));
  let path = '';
  let isOpen = false;
  values.forEach((value, index) => {
    if (value === undefined) isOpen = false;
    else {
      path += `${isOpen ? 'L' : 'M'}${place(across((index + 0.5) / values.length))} ${place(above(Math.max(0, value), most))}`;
      isOpen = true;
    }
  });
  const texts = labels.map(
    ({ share, label }) =>
      `<text class="axis" x="${place(across(share))}" y="${HEIGHT - 8}" text-anchor="middle">${escapeMarkup(label)}</text>`,
  );
  return frame(title, most, axis, `${texts.join('')}<path class="line" d="${path}"/>`);
}
