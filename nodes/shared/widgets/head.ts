import { standingAt, type StandingKind, type WidgetStanding } from '../../../src/dashboard/shown';
import { el, elWith, type Drawn } from './vue';
import { ageWords, momentWords, text } from './words';

const MARKS: Readonly<Record<StandingKind, string>> = { read: '●', lost: '✕', silent: '◌', never: '✕' };

/** How a meter stands, in words: read how long ago, or not, and since when. */
function standingWords(meter: WidgetStanding, nowMs: number): string {
  const { lostSince, readAt } = meter;
  switch (standingAt(meter, nowMs)) {
    case 'read':
      return text('standing.read', { age: ageWords(nowMs - readAt) });
    case 'lost':
      return text('standing.lost', { time: momentWords(lostSince, nowMs) });
    case 'silent':
      return text('standing.silent', { age: ageWords(nowMs - readAt) });
    case 'never':
      return text('standing.never');
  }
}

/** The same as a badge. */
export function standingBadge(meter: WidgetStanding, nowMs: number): Drawn {
  const standing = standingAt(meter, nowMs);
  return el(
    'span',
    `pm500-badge pm500-stands-${standing}`,
    elWith('span', { class: 'pm500-mark', 'aria-hidden': 'true' }, MARKS[standing]),
    el('span', '', standingWords(meter, nowMs)),
  );
}

export interface HeadFacts {
  readonly id: string;
  readonly names: readonly string[];
  readonly chosen: string;
  readonly meter: WidgetStanding | undefined;
  readonly nowMs: number;
  readonly choose: (meter: string) => void;
}

/** Which meter is shown, where there are several the choice, and how it stands. */
export function head({ id, names, chosen, meter, nowMs, choose }: HeadFacts): Drawn {
  const picker = elWith(
    'select',
    {
      id: `${id}-meter`,
      class: 'pm500-picker',
      'aria-label': text('picker'),
      value: chosen,
      onChange: (event: Event) => {
        choose((event.target as HTMLSelectElement).value);
      },
    },
    ...names.map((name) => elWith('option', { value: name, selected: name === chosen }, name)),
  );
  const title = names.length > 1 ? picker : el('span', 'pm500-name', chosen);
  return el(
    'div',
    'pm500-head',
    title,
    meter === undefined || meter.place === '' ? null : el('span', 'pm500-place', meter.place),
    meter === undefined ? null : standingBadge(meter, nowMs),
  );
}

/** What stands where nothing was told of a meter yet. */
export function nothingYet(chosen: string): Drawn {
  return el('p', 'pm500-nothing', chosen === '' ? text('nothing.any') : text('nothing.of', { meter: chosen }));
}
