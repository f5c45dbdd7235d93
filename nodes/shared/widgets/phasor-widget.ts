import { qualityAt, type ShownQuality, type WidgetValue } from '../../../src/dashboard/shown';
import type { ShownPhasor, WidgetPhasors } from '../../../src/dashboard/views';
import type { PhasorUpdate } from '../../ui-pm500-phasor/update';
import { head, nothingYet } from './head';
import { notices } from './notices';
import { angleWords, phasorPicture } from './phasor-picture';
import { mark, qualityWords, valueWords, whyWords, WORST_FIRST } from './quality';
import { tableHead } from './table';
import { el, elWith, registerWidget, type Drawn } from './vue';
import { watchMeter, type Merge } from './watch';
import style from './widget.css';
import { text } from './words';

/** The worse of both qualities of a row. */
function worstOf(phasors: readonly (ShownPhasor | undefined)[], nowMs: number): ShownQuality {
  const qualities = phasors.map((phasor) => (phasor === undefined ? 'bad' : qualityAt(phasor, nowMs).quality));
  return WORST_FIRST.find((quality) => qualities.includes(quality)) ?? 'bad';
}

function angleOrWhy({ angle, noAngle }: ShownPhasor): string {
  return noAngle === undefined ? angleWords(angle) : text(`noAngle.${noAngle}`);
}

function row(voltage: ShownPhasor, current: ShownPhasor | undefined, nowMs: number): Drawn {
  const quality = worstOf([voltage, current], nowMs);
  const cells = current === undefined ? ['–', '–'] : [valueWords(current), angleOrWhy(current)];
  return elWith(
    'tr',
    { key: voltage.phase, 'data-phase': voltage.phase, 'data-quality': quality, class: `pm500-shows-${quality}` },
    elWith('th', { scope: 'row', class: `pm500-phase-${voltage.phase}` }, voltage.phase.toUpperCase()),
    ...[valueWords(voltage), angleOrWhy(voltage), ...cells].map((words) => el('td', 'pm500-value', words)),
    el('td', 'pm500-quality', mark(quality), el('span', '', qualityWords(quality))),
  );
}

function table({ voltages, currents }: WidgetPhasors, nowMs: number): Drawn {
  return elWith(
    'table',
    { class: 'pm500-table', 'aria-label': text('phasor.table') },
    tableHead('phase', 'voltage', 'angle', 'current', 'angle', 'quality'),
    el('tbody', '', ...voltages.map((voltage, place) => row(voltage, currents[place], nowMs))),
  );
}

function fact(name: string, words: string, quality: ShownQuality, title: string): Drawn {
  return elWith(
    'div',
    { class: `pm500-fact pm500-shows-${quality}`, title, 'data-fact': name, 'data-quality': quality },
    el('span', 'pm500-label', text(`phasor.${name}`)),
    el('span', 'pm500-value', words),
    el('span', 'pm500-quality', mark(quality), el('span', '', qualityWords(quality))),
  );
}

function unbalance(name: string, value: WidgetValue | undefined, nowMs: number): Drawn {
  if (value === undefined) return null;
  return fact(name, valueWords(value), qualityAt(value, nowMs).quality, whyWords(value, nowMs));
}

function facts(shown: WidgetPhasors, nowMs: number): Drawn {
  const { order, orderQuality, staleAt, voltageUnbalance, currentUnbalance } = shown;
  const { quality } = qualityAt({ quality: orderQuality, reason: '', staleAt }, nowMs);
  return el(
    'div',
    'pm500-facts',
    fact('sequence', text(`order.${order}`), order === 'unknown' ? 'bad' : quality, text('phasor.coding')),
    unbalance('voltageUnbalance', voltageUnbalance, nowMs),
    unbalance('currentUnbalance', currentUnbalance, nowMs),
  );
}

const arrowsOf = ({ phasors }: Partial<PhasorUpdate> = {}): Pick<PhasorUpdate, 'phasors'> =>
  phasors === undefined ? {} : { phasors };

/** Arrows belong together: all are told anew, or none. */
const merge: Merge<PhasorUpdate> = (had, told) => ({
  update: told.since === 0 || told.phasors !== undefined ? told : { ...told, ...arrowsOf(had) },
  isLacking: false,
});

registerWidget<{ readonly isFixed: boolean }>('ui-pm500-phasor', style, (given) => {
  const { id } = given;
  const { update, names, nowMs: clock, silentSince, choose } = watchMeter<PhasorUpdate>(id, merge);
  return (): Drawn => {
    const { phasors, chosen = '' } = update.value ?? {};
    const nowMs = clock.value;
    const said = notices({ update: update.value, silentSince: silentSince.value, nowMs });
    const top = head({
      id,
      names: given.props.isFixed ? [] : names.value,
      chosen,
      meter: phasors,
      nowMs,
      choose,
    });
    const body =
      phasors === undefined
        ? [nothingYet(chosen)]
        : [
            el('div', 'pm500-diagram', phasorPicture(phasors, nowMs), facts(phasors, nowMs)),
            table(phasors, nowMs),
            el('p', 'pm500-note', text('phasor.note')),
          ];
    return el('div', 'pm500-widget pm500-phasor-widget', ...said, top, ...body);
  };
});
