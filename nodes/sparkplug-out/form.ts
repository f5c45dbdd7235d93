import { FACTS } from '../shared/editor/facts';
import { registerForm } from '../shared/editor/form';
import { textOf } from '../shared/editor/values';

registerForm(FACTS, {
  inputs: 1,
  outputs: 1,
  align: 'right',
  label: ({ deviceId }) => textOf(deviceId),
});
