import { FACTS } from '../shared/editor/facts';
import { registerForm } from '../shared/editor/form';

const nameOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

registerForm(FACTS, {
  inputs: 1,
  outputs: 1,
  align: 'right',
  label: ({ deviceId }) => nameOf(deviceId),
});
