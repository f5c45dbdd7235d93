import { NAMINGS } from '../../src/iot/naming';
import { TEMPLATE_PATTERN } from '../../src/iot/topic-template';
import { choice, flag, nodeOf, requiredText, text } from '../../src/support/setting';
import { DIAGNOSTICS_SECONDS } from '../shared/common-rows';
import { field, nodeForm } from '../shared/field';

/** What the way to an MQTT broker can be set to. */
export const FORM = nodeForm({
  isConfig: false,
  fields: {
    name: field(text(), { icon: 'tag' }),
    target: field(nodeOf('iot-target', { required: true }), { icon: 'cloud' }),
    topic: field(requiredText('pm500/{site}/{area}/{meter}/{kind}', { pattern: TEMPLATE_PATTERN }), {
      icon: 'sitemap',
    }),
    naming: field(choice('snake_case', NAMINGS), { icon: 'font' }),
    withEvents: field(flag(true)),
    acknowledge: field(choice('queued', ['queued', 'written']), { icon: 'check' }),
    diagnosticsSeconds: field(DIAGNOSTICS_SECONDS, { icon: 'heartbeat' }),
  },
});
