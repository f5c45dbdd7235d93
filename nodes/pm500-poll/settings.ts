import { parseFleet, parseFleetEntries, parseShard, type Fleet } from '../../src/acquisition/fleet/fleet';
import { fleetFileReader } from '../../src/acquisition/fleet/fleet-file';
import { fleetRows } from '../../src/acquisition/fleet/fleet-rows';
import { readIntervalOf } from '../../src/acquisition/meter-rows';
import { settingsOf } from '../../src/acquisition/meter-settings';
import { Pm500Error } from '../../src/support/errors';
import { collectProblems } from '../../src/support/problems';
import { choice, choices, list, nodeOf, number, numbers, requiredText, text } from '../../src/support/setting';
import { DIAGNOSTICS_SECONDS } from '../shared/common-rows';
import { field, given, nodeForm, widget } from '../shared/field';
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

/** Rows may leave out what they like; the intervals of groups are judged in their own field. */
const LENIENT = { groups: new Map(GROUP_NAMES.map((name) => [name, undefined])), intervalMs: INTERVAL.default };
const MOST_TOLD = 3;

/**
 * What is done with each row when the node starts, tried.
 * @throws Pm500Error CONFIG_INVALID with the first rows that cannot be used
 */
function tellProblems({ meters, problems: ofRows }: Fleet): void {
  const ofMeters = collectProblems('CONFIG_INVALID');
  for (const meter of meters) ofMeters.attempt(() => settingsOf(PM500, meter));
  const problems = [...ofRows.map(({ message }) => message), ...ofMeters.sentences];
  if (problems.length === 0) return;
  const told = problems.slice(0, MOST_TOLD);
  const more = problems.length > MOST_TOLD ? [`${problems.length - MOST_TOLD} rows more cannot be used.`] : [];
  throw new Pm500Error('CONFIG_INVALID', [...told, ...more].join(' '));
}

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
      check: given((path) => {
        tellProblems(parseFleet(PM500, fleetFileReader(path).text(), path, LENIENT));
      }),
    }),
    fleet: field(list(fleetRows(PM500)), {
      isCustom: true,
      shownWhen: { source: ['list'] },
      check: (entries) => {
        if (Array.isArray(entries)) tellProblems(parseFleetEntries(PM500, entries, 'of the node', LENIENT));
      },
    }),
    find: widget({ shownWhen: { source: ['list'] } }),
    shard: field(text('', { pattern: String.raw`^\d+\s*/\s*\d+$` }), {
      icon: 'pie-chart',
      shownWhen: { source: ['file', 'list'] },
      check: given(parseShard),
    }),
    mode: field(choice('interval', ['interval', 'message']), { icon: 'clock-o', section: SCHEDULE }),
    intervalMs: field(INTERVAL, { icon: 'repeat', section: SCHEDULE, shownWhen: { mode: ['interval'] } }),
    groups: field(choices(GROUP_NAMES.slice(0, 1), GROUPS, { required: true }), {
      icon: 'list-ul',
      section: SCHEDULE,
      isCustom: true,
    }),
    groupIntervals: field(numbers(GROUP_NAMES, INTERVAL), { isCustom: true, editedIn: 'groups', section: SCHEDULE }),
    diagnosticsSeconds: field(DIAGNOSTICS_SECONDS, { icon: 'heartbeat', section: SCHEDULE }),
  },
});
