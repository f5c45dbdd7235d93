import { nodeOf, number, text } from '../../src/support/setting';
import { field } from './field';

/** What Dashboard keeps of every widget; widths and heights are in units of its grid. */
export const PLACE_FIELDS = {
  group: field(nodeOf('ui-group', { required: true }), { icon: 'table' }),
  width: field(number(6, { min: 0, max: 24, whole: true, unit: 'columns' }), { icon: 'arrows-h' }),
  height: field(number(0, { min: 0, max: 100, whole: true, unit: 'rows' }), { icon: 'arrows-v' }),
  order: field(number(0, { min: 0, max: 1_000_000, whole: true }), { icon: 'sort-numeric-asc' }),
} as const;

/** What the widgets of this package have in common. */
export const BOARD_FIELDS = {
  meter: field(text(), { icon: 'tachometer' }),
  staleSeconds: field(number(60, { min: 1, max: 86_400, unit: 's' }), { icon: 'hourglass-half' }),
} as const;
