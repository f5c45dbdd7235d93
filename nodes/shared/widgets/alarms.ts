import type { WidgetAlarm } from '../../../src/dashboard/shown';
import { el, elWith, type Drawn } from './vue';
import { alarmText, momentWords, text } from './words';

/**
 * Active alarms of a meter. Where nobody has told of any, that is said, and not that there are none; what the meter
 * cannot be asked any more is said to be unjudged, not over.
 */
export function alarmList(told: readonly WidgetAlarm[] | undefined, isRead: boolean, nowMs: number): Drawn {
  const alarms = told ?? [];
  const none = told === undefined ? text('alarms.untold') : isRead ? text('alarms.none') : text('alarms.unknown');
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
              el('span', 'pm500-message', alarmText(id, message)),
              el('span', 'pm500-since', text('alarms.since', { time: momentWords(since, nowMs) })),
              acknowledged ? el('span', 'pm500-since', text('alarms.acknowledged')) : null,
              judged ? null : el('span', 'pm500-since', text('alarms.unjudged')),
            ),
          ),
        ),
  );
}
