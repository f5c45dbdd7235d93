import type { FormFacts } from '../field';
import { registerForm, type FormScript } from './form';

const GROUP = 'ui-group';

/**
 * Registers a widget with the editor where Dashboard is installed, before or after this script. Without it nobody could
 * choose a group, so the palette does not offer the widget.
 */
export function registerWidgetForm(facts: FormFacts, script: FormScript): void {
  if (RED.nodes.getType(GROUP) !== undefined) {
    registerForm(facts, script);
    return;
  }
  let isRegistered = false;
  RED.events.on('registry:node-type-added', (type) => {
    if (type !== GROUP || isRegistered) return;
    isRegistered = true;
    registerForm(facts, script);
  });
}
