import { registerForm } from '../shared/editor/form';
import { FACTS } from '../shared/editor/facts';
import { wordsOf } from '../shared/editor/text';

const text = wordsOf('pm500-sim');

registerForm(FACTS, {
  inputs: 1,
  outputs: 1,
  prepare: (_node, form) => {
    const faults = form.options('fault');
    const tell = (): void => {
      const chosen = faults.find(({ value }) => value !== '' && value === form.value('fault'));
      const tip =
        chosen === undefined ? '' : text('tip.does', { name: chosen.value, does: text(`note.fault.${chosen.value}`) });
      form.place('faultTip').addClass('pm500-tip').text(tip);
    };
    form.input('fault').on('change', tell);
    tell();
  },
});
