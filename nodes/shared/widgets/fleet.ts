import {
  qualityAt,
  standingAt,
  type FleetQuestion,
  type WidgetFleet,
  type WidgetFleetRow,
} from '../../../src/dashboard/shown';
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

interface FleetFacts {
  /** Of the widget. */
  readonly id: string;
  readonly fleet: WidgetFleet;
  readonly chosen: string;
  readonly nowMs: number;
  readonly question: FleetQuestion;
  readonly choose: (name: string) => void;
  readonly ask: (question: FleetQuestion) => void;
}

/** Fewer meters are seen at a glance. */
const WORTH_FINDING = 10;

function finder({ id, fleet, question, ask }: FleetFacts): Drawn {
  const { count, found } = fleet;
  const isAll = question.find === '' && !question.isTroubled;
  if (count <= WORTH_FINDING && isAll) return null;
  return el(
    'div',
    'pm500-finder',
    elWith('input', {
      id: `${id}-find`,
      class: 'pm500-picker pm500-find',
      type: 'search',
      'aria-label': text('fleet.find'),
      placeholder: text('fleet.find'),
      value: question.find,
      onInput: (event: Event) => {
        ask({ ...question, page: 0, find: (event.target as HTMLInputElement).value });
      },
    }),
    el(
      'label',
      'pm500-troubled',
      elWith('input', {
        type: 'checkbox',
        checked: question.isTroubled,
        onChange: (event: Event) => {
          ask({ ...question, page: 0, isTroubled: (event.target as HTMLInputElement).checked });
        },
      }),
      el('span', '', text('fleet.troubled')),
    ),
    isAll ? null : elWith('span', { class: 'pm500-place', role: 'status' }, text('fleet.found', { count: found })),
  );
}

function turner({ fleet, question, ask }: FleetFacts): Drawn {
  const { page, pages } = fleet;
  if (pages <= 1) return null;
  const turn = (to: number, words: string): Drawn =>
    elWith(
      'button',
      {
        type: 'button',
        class: 'pm500-turn',
        disabled: to < 0 || to >= pages,
        onClick: () => {
          ask({ ...question, page: to });
        },
      },
      words,
    );
  return elWith(
    'nav',
    { class: 'pm500-pages', 'aria-label': text('fleet.pages') },
    turn(page - 1, text('fleet.previous')),
    elWith('span', { role: 'status' }, text('fleet.page', { page: page + 1, pages })),
    turn(page + 1, text('fleet.next')),
  );
}

/** Many meters, one a row, page by page; pressing a name shows it in the other widgets. */
export function fleetTable(facts: FleetFacts): Drawn {
  const { fleet, chosen, nowMs, choose } = facts;
  const { count, read, rows } = fleet;
  return el(
    'div',
    'pm500-fleet',
    el('div', 'pm500-title', text('fleet.title', { read, count })),
    finder(facts),
    elWith(
      'div',
      { class: 'pm500-scroll', tabindex: '0', role: 'region', 'aria-label': text('fleet.label') },
      el(
        'table',
        'pm500-table',
        tableHead('meter', 'standing', 'number', 'quality', 'alarms'),
        el('tbody', '', ...rows.map((meter) => row(meter, chosen, nowMs, choose))),
      ),
    ),
    turner(facts),
  );
}
