import { qualityAt, type ShownQuality, type WidgetValue } from '../../../src/dashboard/shown';
import { elWith } from './vue';
import { ageWords, momentWords, text } from './words';

/** A shape beside the color, so that quality can be told without it. */
const MARKS: Readonly<Record<ShownQuality, string>> = { good: '●', uncertain: '◐', stale: '◌', bad: '✕' };

/** Qualities, the worst first. */
export const WORST_FIRST: readonly ShownQuality[] = ['bad', 'stale', 'uncertain', 'good'];

/** The reason of a quality in words. */
export const reasonWords = (reason: string): string => (reason === '' ? '' : text(`reason.${reason}`));

export const qualityWords = (quality: ShownQuality): string => text(`quality.${quality}`);

/** Mark of a quality, which a screen reader passes over: the word stands elsewhere. */
export function mark(quality: ShownQuality): object {
  return elWith('span', { class: `pm500-mark pm500-is-${quality}`, 'aria-hidden': 'true' }, MARKS[quality]);
}

/** Quality, reason and age of a value in words. */
export function whyWords(value: WidgetValue, nowMs: number): string {
  const { quality, reason } = qualityAt(value, nowMs);
  const why = reasonWords(reason);
  const said =
    why === '' ? qualityWords(quality) : text('quality.why', { quality: qualityWords(quality), reason: why });
  return text('value.read', { said, age: ageWords(nowMs - value.timestamp) });
}

/** The text of a value; words of states, and how a moment is written, are those of the language. */
export function valueWords({ text: shown, unit, moment }: Pick<WidgetValue, 'text' | 'unit' | 'moment'>): string {
  if (shown === '') return '–';
  if (moment !== undefined) return momentWords(moment, Date.now());
  if (unit === '' && (shown === 'on' || shown === 'off')) return text(`state.${shown}`);
  return unit === '' ? shown : `${shown} ${unit}`;
}
