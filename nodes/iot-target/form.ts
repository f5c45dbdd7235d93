import { offerConnectionTest } from '../shared/editor/connection-test';
import { FACTS } from '../shared/editor/facts';
import { registerForm } from '../shared/editor/form';
import { wordsOf } from '../shared/editor/text';

registerForm(FACTS, {
  label: ({ host, clientId }) => [host, clientId].filter((part) => typeof part === 'string' && part !== '').join(' '),
  prepare: ({ id }, form) => {
    offerConnectionTest(id, form, 'pm500/iot-test', wordsOf('iot-target'));
  },
});
