import { qualityAt, type WidgetGroup, type WidgetValue } from '../../../src/dashboard/shown';
import { mark, qualityWords, reasonWords, valueWords, whyWords, WORST_FIRST } from './quality';
import { tableHead } from './table';
import { el, elWith, type Drawn } from './vue';
import { ageWords, metricText, text } from './words';

/** What is said of a whole group: how many values have which quality, and the reason where it is one. */
export function qualitySummary(values: readonly WidgetValue[], nowMs: number): Drawn {
  const judged = values.map((value) => qualityAt(value, nowMs));
  const parts = WORST_FIRST.flatMap((quality) => {
    const these = judged.filter((each) => each.quality === quality);
    if (these.length === 0) return [];
    const reasons = new Set(these.map(({ reason }) => reason));
    const [reason = ''] = reasons;
    const isOne = reasons.size === 1 && reason !== '' && quality !== 'stale';
    const count = text('values.count', { count: these.length, quality: qualityWords(quality) });
    return [
      el('span', 'pm500-count', mark(quality), el('span', '', isOne ? `${count}: ${reasonWords(reason)}` : count)),
    ];
  });
  return el('span', 'pm500-counts', ...parts);
}

function row(value: WidgetValue, nowMs: number): Drawn {
  const { quality } = qualityAt(value, nowMs);
  const why = whyWords(value, nowMs);
  return elWith(
    'tr',
    {
      key: value.metric,
      class: `pm500-shows-${quality}`,
      'data-metric': value.metric,
      'data-quality': quality,
      title: why,
    },
    elWith('th', { scope: 'row' }, metricText(value)),
    el('td', 'pm500-value', valueWords(value)),
    el('td', 'pm500-quality', mark(quality), el('span', '', qualityWords(quality))),
    el('td', 'pm500-age', ageWords(nowMs - value.timestamp)),
  );
}

/** The values of a meter, group by group, each with unit, quality and age. */
export function valueGroups(groups: readonly WidgetGroup[], nowMs: number): readonly Drawn[] {
  return groups.map(({ name, values }, place) =>
    elWith(
      'details',
      { key: name, class: 'pm500-group', open: place === 0 ? true : undefined },
      el('summary', '', el('span', 'pm500-title', text(`group.${name}`)), qualitySummary(values, nowMs)),
      elWith(
        'table',
        { class: 'pm500-table', 'aria-label': text(`group.${name}`) },
        tableHead('value', 'number', 'quality', 'age'),
        el('tbody', '', ...values.map((value) => row(value, nowMs))),
      ),
    ),
  );
}
