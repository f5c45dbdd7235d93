import { el, elWith, type Drawn } from './vue';
import { text } from './words';

/** The columns of the tables of widgets. */
type Column =
  'meter' | 'standing' | 'number' | 'quality' | 'alarms' | 'phase' | 'voltage' | 'angle' | 'current' | 'value' | 'age';

/** The head of a table, whose columns have the words that all tables have for them. */
export function tableHead(...columns: readonly Column[]): Drawn {
  const cells = columns.map((column) => elWith('th', { scope: 'col' }, text(`column.${column}`)));
  return el('thead', '', el('tr', '', ...cells));
}
