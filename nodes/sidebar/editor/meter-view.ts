import type { MeterRow, OverviewValue, ValueRow } from '../../../src/overview/rows';
import { element, NodeLink, showBadge, write } from './elements';
import { metricText, reasonText, valueText } from '../../shared/editor/told';
import type { RowView } from './keyed-list';
import { ageText, text } from './words';

const STANDINGS: Readonly<Record<MeterRow['standing'], () => string>> = {
  read: () => text('standing.read'),
  part: () => text('standing.part'),
  connecting: () => text('standing.connecting'),
  waiting: () => text('standing.waiting'),
  lost: () => text('standing.lost'),
  idle: () => text('standing.idle'),
};
const QUALITIES: Readonly<Record<OverviewValue['quality'], () => string>> = {
  good: () => text('quality.good'),
  uncertain: () => text('quality.uncertain'),
  bad: () => text('quality.bad'),
};
/** Of several values the worst quality is said. */
const WORST: readonly OverviewValue['quality'][] = ['bad', 'uncertain', 'good'];

/** The word for how a meter stands. */
export const standingText = (standing: MeterRow['standing']): string => STANDINGS[standing]();

function describe({ metric, label, text: shown, unit, quality, reason }: OverviewValue): string {
  const value = shown === '' ? text('value.none') : valueText(shown, unit);
  const words = { label: metricText(metric, label), value, quality: QUALITIES[quality]() };
  return reason === '' ? text('value.what', words) : text('value.why', { ...words, reason: reasonText(reason) });
}

/** One meter: how it stands, its last values with unit, quality and age. */
export class MeterView implements RowView<MeterRow> {
  readonly element = element('li', 'pm500-meter');
  private readonly dot = element('span', 'pm500-dot');
  private readonly link = new NodeLink('pm500-name');
  private readonly standing = element('span', 'pm500-standing');
  private readonly values = element('span', 'pm500-values');
  private readonly quality = element('span');
  private readonly age = element('span', 'pm500-age');
  private row: MeterRow | undefined;
  private readAt = 0;

  constructor() {
    this.dot.setAttribute('aria-hidden', 'true');
    const head = element('div', 'pm500-row');
    head.append(this.dot, this.link.element, this.standing);
    const body = element('div', 'pm500-row');
    body.append(this.values, this.quality, this.age);
    this.element.append(head, body);
  }

  show(row: MeterRow): void {
    const { node, name, where, standing, isJudged } = row;
    this.row = row;
    this.link.show(node, name);
    this.link.element.title = `${where}. ${this.link.element.title}`;
    this.dot.className = `pm500-dot pm500-dot-${standing}`;
    write(this.standing, standingText(standing));
    if (!isJudged) write(this.values, text('value.notJudged'));
  }

  showValues({ values, readAt }: ValueRow): void {
    this.readAt = readAt;
    const words = values.map(({ text: shown, unit }) => (shown === '' ? '–' : valueText(shown, unit)));
    if (this.values.childElementCount !== values.length)
      this.values.replaceChildren(...values.map(() => element('span', 'pm500-value')));
    values.forEach((value, place) => {
      const shown = this.values.children[place] as HTMLElement;
      write(shown, words[place] ?? '');
      const description = describe(value);
      if (shown.title !== description) shown.title = description;
    });
    const worst = WORST.find((quality) => values.some((value) => value.quality === quality));
    if (worst === undefined) return;
    showBadge(this.quality, worst, QUALITIES[worst]());
    this.quality.title = values.map(describe).join('\n');
  }

  tick(nowMs: number): void {
    const { standing = 'idle', since = 0 } = this.row ?? {};
    const readAt = Math.max(this.readAt, since);
    if (readAt > 0) write(this.age, text('age.ago', { age: ageText(nowMs - readAt) }));
    else write(this.age, standing === 'lost' || standing === 'waiting' ? text('age.never') : '');
  }
}
