import { FACTS } from '../shared/editor/facts';
import { registerForm } from '../shared/editor/form';

registerForm(FACTS, { inputs: 1, outputs: 1, align: 'right' });
