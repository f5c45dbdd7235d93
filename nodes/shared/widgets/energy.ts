import { qualityAt, type WidgetGauge } from '../../../src/dashboard/shown';
import { mark, qualityWords, valueWords, whyWords } from './quality';
import { el, elWith, type Drawn } from './vue';
import { text } from './words';

function bar(name: 'today' | 'yesterday', shown: WidgetGauge | undefined, largest: number, nowMs: number): Drawn {
  if (shown === undefined) {
    return el('div', 'pm500-bar', el('span', 'pm500-label', text(`energy.${name}`)), el('span', 'pm500-value', '–'));
  }
  const { quality } = qualityAt(shown, nowMs);
  const share = shown.value === null || largest <= 0 ? 0 : Math.max(0, shown.value / largest);
  return elWith(
    'div',
    {
      class: `pm500-bar pm500-shows-${quality}`,
      title: whyWords(shown, nowMs),
      'data-metric': shown.metric,
      'data-quality': quality,
    },
    el('span', 'pm500-label', text(`energy.${name}`)),
    el('span', 'pm500-value', valueWords(shown)),
    el(
      'span',
      'pm500-rail',
      elWith('span', { class: `pm500-fill pm500-is-${quality}`, style: { width: `${(100 * share).toFixed(1)}%` } }),
    ),
    el('span', 'pm500-quality', mark(quality), el('span', '', qualityWords(quality))),
  );
}

/** Energy of today so far beside that of yesterday, to one scale. */
export function energyBars(today: WidgetGauge | undefined, yesterday: WidgetGauge | undefined, nowMs: number): Drawn {
  const largest = Math.max(today?.value ?? 0, yesterday?.value ?? 0);
  return el(
    'div',
    'pm500-energy',
    el('div', 'pm500-title', text('energy.title')),
    bar('today', today, largest, nowMs),
    bar('yesterday', yesterday, largest, nowMs),
  );
}
