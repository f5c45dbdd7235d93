import { text } from '../../src/support/setting';
import { field, nodeForm } from '../shared/field';
import { BOARD_FIELDS, PLACE_FIELDS } from '../shared/widget-fields';

/** What the diagram of phasors can be set to. */
export const FORM = nodeForm({
  isConfig: false,
  fields: {
    name: field(text(), { icon: 'tag' }),
    ...PLACE_FIELDS,
    ...BOARD_FIELDS,
  },
});
