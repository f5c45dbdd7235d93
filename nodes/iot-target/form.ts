import { FACTS } from '../shared/editor/facts';
import { registerForm } from '../shared/editor/form';

registerForm(FACTS, {
  label: ({ host, clientId }) => [host, clientId].filter((part) => typeof part === 'string' && part !== '').join(' '),
});
