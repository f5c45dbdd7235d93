import { FACTS } from '../shared/editor/facts';
import { registerForm } from '../shared/editor/form';
import { offerConnection } from '../shared/editor/meter-connection';
import { offerLayoutCheck } from '../shared/editor/layout-verdict';
import { offerMeters } from '../shared/editor/meter-search';
import { textOf } from '../shared/editor/values';

registerForm(FACTS, {
  label: ({ host, serialPath }) => [host, serialPath].map(textOf).find((name) => name !== ''),
  prepare: ({ id }, form) => {
    offerMeters(form.place('find'), ({ address, port, catalogNumber = '' }) => {
      form.input('host').val(address).trigger('change');
      form.input('port').val(port).trigger('change');
      form.input('catalogNumber').val(catalogNumber);
    });
    offerConnection(form.place('connection'), form.input('transport'), () => ({ ...form.values(), id }));
    offerLayoutCheck(form.place('layoutCheck'), id, (name) => {
      form.input('energyLayout').val(name).trigger('change');
      // What was confirmed was another layout.
      form.input('layoutConfirmed').prop('checked', false);
    });
  },
});
