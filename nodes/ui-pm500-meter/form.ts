import { FACTS } from '../shared/editor/facts';
import { registerWidgetForm } from '../shared/editor/with-dashboard';

registerWidgetForm(FACTS, { inputs: 1 });
