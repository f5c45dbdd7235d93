import { fleetRows } from '../../src/acquisition/fleet/fleet-rows';
import { readIntervalOf } from '../../src/acquisition/meter-rows';
import { choice, choices, list, nodeOf, number, numbers, requiredText, text } from '../../src/support/setting';
import { DIAGNOSTICS_SECONDS } from '../shared/common-rows';
import { field, nodeForm, widget } from '../shared/field';
import { groupFactsOf } from './group-facts';
import { PM500 } from '../../src/meters/pm500';

const INTERVAL = number(1000, readIntervalOf(PM500));
const SCHEDULE = 'schedule';
const GROUPS = groupFactsOf(PM500).map(({ name, label, instances, provenance }) => ({
  value: name,
  label,
  note: instances.join(', '),
  badge: provenance,
}));
const GROUP_NAMES = GROUPS.map(({ value }) => value);

/** What the reading of meters can be set to. */
export const FORM = nodeForm({
  isConfig: false,
  fields: {
    name: field(text(), { icon: 'tag' }),
    source: field(choice('meter', ['meter', 'file', 'list']), { icon: 'sitemap' }),
    meter: field(nodeOf('pm500-meter', { required: true }), { icon: 'tachometer', shownWhen: { source: ['meter'] } }),
    // A path that ends with a slash names a folder.
    fleetFile: field(requiredText('', { pattern: String.raw`[^/\\]$` }), {
      icon: 'file-text-o',
      shownWhen: { source: ['file'] },
    }),
    fleet: field(list(fleetRows(PM500)), { isCustom: true, shownWhen: { source: ['list'] } }),
    find: widget({ shownWhen: { source: ['list'] } }),
    shard: field(text('', { pattern: String.raw`^\d+\s*/\s*\d+$` }), {
      icon: 'pie-chart',
      shownWhen: { source: ['file', 'list'] },
    }),
    mode: field(choice('interval', ['interval', 'message']), { icon: 'clock-o', section: SCHEDULE }),
    intervalMs: field(INTERVAL, { icon: 'repeat', section: SCHEDULE, shownWhen: { mode: ['interval'] } }),
    groups: field(choices(['realtime'], GROUPS, { required: true }), {
      icon: 'list-ul',
      section: SCHEDULE,
      isCustom: true,
    }),
    groupIntervals: field(numbers(GROUP_NAMES, INTERVAL), { isCustom: true, editedIn: 'groups', section: SCHEDULE }),
    diagnosticsSeconds: field(DIAGNOSTICS_SECONDS, { icon: 'heartbeat', section: SCHEDULE }),
  },
});
