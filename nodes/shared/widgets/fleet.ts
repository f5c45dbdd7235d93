import { qualityAt, standingAt, type WidgetFleetRow } from '../../../src/dashboard/shown';
import { standingBadge } from './head';
import { mark, qualityWords, valueWords, whyWords } from './quality';
import { tableHead } from './table';
import { el, elWith, type Drawn } from './vue';
import { metricText, text } from './words';

function row(meter: WidgetFleetRow, chosen: string, nowMs: number, choose: (name: string) => void): Drawn {
  const { name, place, values, good, uncertain, bad, alarms, worstAlarm } = meter;
  const isRead = standingAt(meter, nowMs) === 'read';
  const worst = bad > 0 ? 'bad' : uncertain > 0 ? 'uncertain' : 'good';
  const shown = isRead ? worst : worst === 'bad' ? 'bad' : 'stale';
  return elWith(
    'tr',
    { key: name, class: name === chosen ? 'pm500-chosen' : '', 'data-meter': name, 'data-quality': shown },
    elWith(
      'th',
      { scope: 'row' },
      elWith(
        'button',
        {
          type: 'button',
          class: 'pm500-link',
          onClick: () => {
            choose(name);
          },
        },
        name,
      ),
      place === '' ? null : el('span', 'pm500-place', place),
    ),
    el('td', '', standingBadge(meter, nowMs)),
    el(
      'td',
      'pm500-value',
      ...values.map((value) =>
        elWith(
          'span',
          {
            class: `pm500-cell pm500-shows-${qualityAt(value, nowMs).quality}`,
            title: `${metricText(value)}: ${whyWords(value, nowMs)}`,
          },
          valueWords(value),
        ),
      ),
    ),
    el(
      'td',
      'pm500-quality',
      mark(shown),
      el('span', '', shown === 'stale' ? qualityWords(shown) : text('fleet.counts', { good, uncertain, bad })),
    ),
    el(
      'td',
      worstAlarm === '' ? '' : `pm500-severity-${worstAlarm}`,
      alarms === null
        ? text('fleet.untold')
        : alarms === 0
          ? '–'
          : el('span', 'pm500-badge', text('fleet.alarms', { count: alarms })),
    ),
  );
}

/** Many meters, one a row; pressing a name shows it in the other widgets. */
export function fleetTable(
  fleet: readonly WidgetFleetRow[],
  chosen: string,
  nowMs: number,
  choose: (name: string) => void,
): Drawn {
  const read = fleet.filter((meter) => standingAt(meter, nowMs) === 'read').length;
  return el(
    'div',
    'pm500-fleet',
    el('div', 'pm500-title', text('fleet.title', { read, count: fleet.length })),
    elWith(
      'div',
      { class: 'pm500-scroll', tabindex: '0', role: 'region', 'aria-label': text('fleet.label') },
      el(
        'table',
        'pm500-table',
        tableHead('meter', 'standing', 'number', 'quality', 'alarms'),
        el('tbody', '', ...fleet.map((meter) => row(meter, chosen, nowMs, choose))),
      ),
    ),
  );
}
