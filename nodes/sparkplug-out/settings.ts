import { checkId, ID_PATTERN } from '../../src/sparkplug/edge/topic';
import { nodeOf, text } from '../../src/support/setting';
import { DIAGNOSTICS_SECONDS } from '../shared/common-rows';
import { field, given, nodeForm } from '../shared/field';

/** What the way to a Sparkplug host can be set to. */
export const FORM = nodeForm({
  isConfig: false,
  fields: {
    name: field(text(), { icon: 'tag' }),
    edge: field(nodeOf('sparkplug-edge', { required: true }), { icon: 'sitemap' }),
    deviceId: field(text('', { pattern: ID_PATTERN }), {
      icon: 'tachometer',
      check: given((text) => {
        checkId('device ID', text);
      }),
    }),
    diagnosticsSeconds: field(DIAGNOSTICS_SECONDS, { icon: 'heartbeat' }),
  },
});
