import { wordsOf } from '../../shared/editor/text';

/** Texts of the sidebar. */
export const text = wordsOf('pm500-sidebar');

const MS_PER_S = 1000;
const MS_PER_MINUTE = 60_000;
const MS_PER_HOUR = 3_600_000;
const MS_PER_DAY = 86_400_000;

/** How long something took or has been, in the largest unit that says something. */
export function ageText(ms: number): string {
  const age = Math.max(0, ms);
  if (age < 2 * MS_PER_MINUTE) return text('age.seconds', { count: Math.floor(age / MS_PER_S) });
  if (age < 2 * MS_PER_HOUR) return text('age.minutes', { count: Math.floor(age / MS_PER_MINUTE) });
  if (age < 2 * MS_PER_DAY) return text('age.hours', { count: Math.floor(age / MS_PER_HOUR) });
  return text('age.days', { count: Math.floor(age / MS_PER_DAY) });
}

/** A moment as people of this browser read it: the time, and the day where it is another one. */
export function timeText(epochMs: number): string {
  const time = new Date(epochMs);
  const clock = time.toLocaleTimeString();
  return time.toDateString() === new Date().toDateString() ? clock : `${time.toLocaleDateString()} ${clock}`;
}
