import type { WidgetAlarm } from '../../../src/dashboard/shown';
import { el, elWith, type Drawn } from './vue';
import { momentWords, text } from './words';

/** Active alarms of a meter. What the meter cannot be asked any more is said to be unjudged, not over. */
export function alarmList(alarms: readonly WidgetAlarm[], isRead: boolean, nowMs: number): Drawn {
  const none = isRead ? text('alarms.none') : text('alarms.unknown');
  return elWith(
    'div',
    { class: 'pm500-alarms' },
    el('div', 'pm500-title', text('alarms.title')),
    alarms.length === 0
      ? el('p', 'pm500-nothing', none)
      : el(
          'ul',
          '',
          ...alarms.map(({ id, message, severity, since, acknowledged, judged }) =>
            elWith(
              'li',
              { key: id, class: `pm500-alarm pm500-severity-${severity}` },
              el('span', 'pm500-badge', text(`severity.${severity}`)),
              el('span', 'pm500-message', message),
              el('span', 'pm500-since', text('alarms.since', { time: momentWords(since, nowMs) })),
              acknowledged ? el('span', 'pm500-since', text('alarms.acknowledged')) : null,
              judged ? null : el('span', 'pm500-since', text('alarms.unjudged')),
            ),
          ),
        ),
  );
}
