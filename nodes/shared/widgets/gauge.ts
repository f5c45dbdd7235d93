import { arcPath, handAngle, onCircle, SWEEP_FROM, SWEEP_TO } from '../../../src/dashboard/gauge-scale';
import { qualityAt, type WidgetGauge } from '../../../src/dashboard/shown';
import { mark, qualityWords, valueWords, whyWords } from './quality';
import { el, elWith, type Drawn } from './vue';
import { metricText, text } from './words';

const CENTER = { x: 60, y: 58 };
const RADIUS = 46;

/** One gauge. A bad value has no hand and no number; what is old or doubtful is drawn otherwise than what is good. */
export function gauge(shown: WidgetGauge, nowMs: number): Drawn {
  const { quality } = qualityAt(shown, nowMs);
  const label = metricText(shown);
  const { value, low, high, lowText, highText } = shown;
  const angle = value === null ? undefined : handAngle({ low, high }, value);
  const zero = handAngle({ low, high }, 0);
  const [from, to] = angle === undefined ? [0, 0] : [Math.min(zero, angle), Math.max(zero, angle)];
  const hand =
    angle === undefined ? undefined : [onCircle(CENTER, RADIUS - 9, angle), onCircle(CENTER, RADIUS + 6, angle)];
  const [inner, outer] = hand ?? [];
  const ends = [
    [lowText, onCircle(CENTER, RADIUS + 1, SWEEP_FROM), 'end'],
    [highText, onCircle(CENTER, RADIUS + 1, SWEEP_TO), 'start'],
  ] as const;
  const said = text('gauge.said', { label, value: valueWords(shown), why: whyWords(shown, nowMs) });
  const picture = elWith(
    'svg',
    { viewBox: '0 0 120 104', class: 'pm500-dial', role: 'img', 'aria-label': said },
    elWith('title', {}, said),
    elWith('path', { class: 'pm500-track', d: arcPath(CENTER, RADIUS, SWEEP_FROM, SWEEP_TO) }),
    to - from > 0.2
      ? elWith('path', { class: `pm500-arc pm500-is-${quality}`, d: arcPath(CENTER, RADIUS, from, to) })
      : null,
    inner === undefined || outer === undefined
      ? null
      : elWith('line', { class: 'pm500-hand', x1: inner.x, y1: inner.y, x2: outer.x, y2: outer.y }),
    elWith('text', { class: 'pm500-number', x: 60, y: 60 }, shown.text === '' ? '–' : shown.text),
    elWith('text', { class: 'pm500-unit', x: 60, y: 76 }, shown.unit),
    ...ends.map(([words, { x, y }, anchor]) =>
      elWith(
        'text',
        { class: 'pm500-end', x: anchor === 'end' ? x + 8 : x - 8, y: y + 13, 'text-anchor': 'middle' },
        words,
      ),
    ),
  );
  return elWith(
    'div',
    { class: `pm500-gauge pm500-shows-${quality}`, 'data-metric': shown.metric, 'data-quality': quality },
    picture,
    el('div', 'pm500-label', label),
    el('div', 'pm500-why', mark(quality), el('span', '', qualityWords(quality))),
  );
}
