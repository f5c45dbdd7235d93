import { NAMINGS } from '../../src/iot/naming';
import { PROFILE_LIMITS } from '../../src/iot/profiles';
import { TEMPLATE_PATTERN, TopicTemplate } from '../../src/iot/topic-template';
import { choice, flag, nodeOf, requiredText, text } from '../../src/support/setting';
import { DIAGNOSTICS_SECONDS } from '../shared/common-rows';
import { field, given, nodeForm } from '../shared/field';

/** What the way to an MQTT broker can be set to. */
export const FORM = nodeForm({
  isConfig: false,
  fields: {
    name: field(text(), { icon: 'tag' }),
    target: field(nodeOf('iot-target', { required: true }), { icon: 'cloud' }),
    topic: field(requiredText('pm500/{site}/{area}/{meter}/{kind}', { pattern: TEMPLATE_PATTERN }), {
      icon: 'sitemap',
      // The limits of its broker are known where that is chosen.
      check: given((text) => new TopicTemplate(text, () => '', PROFILE_LIMITS.broker)),
    }),
    naming: field(choice('snake_case', NAMINGS), { icon: 'font' }),
    withEvents: field(flag(true)),
    acknowledge: field(choice('queued', ['queued', 'written']), { icon: 'check' }),
    diagnosticsSeconds: field(DIAGNOSTICS_SECONDS, { icon: 'heartbeat' }),
  },
});
