import { FACTS } from '../shared/editor/facts';
import { defaultIn, registerForm } from '../shared/editor/form';
import { offerMeters } from '../shared/editor/meter-search';
import { wordsOf } from '../shared/editor/text';
import { FleetList, type FleetEntry } from './editor/fleet-list';
import { GroupRows } from './editor/group-rows';

const text = wordsOf('pm500-poll');

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};

let open: { readonly fleet: FleetList; readonly groups: GroupRows } | undefined;

registerForm(FACTS, {
  inputs: 1,
  outputs: 2,
  outputLabel: (_node, index) => (index === 0 ? 'port.readings' : 'port.diagnostics'),
  label: ({ meter, source }) => {
    if (source === 'file' || source === 'list') return text('label.fleet');
    return RED.nodes.node(meter)?.name;
  },
  prepare: (node, form) => {
    const fleet = new FleetList(form.place('fleet'), form.columns('fleet'));
    for (const entry of listOf(node['fleet'])) fleet.add(entry as FleetEntry);
    offerMeters(form.place('find'), (device) => {
      fleet.addFound(device);
    });
    const chosen = node['groups'] ?? defaultIn(FACTS, 'groups');
    const groups = new GroupRows(
      form.place('groups'),
      form.options('groups'),
      listOf(chosen),
      recordOf(node['groupIntervals']),
    );
    // Intervals have no meaning where a message says when.
    const follow = (): void => {
      form
        .place('groups')
        .find('[data-group]')
        .toggle(form.value('mode') === 'interval');
    };
    form.input('mode').on('change', follow);
    follow();
    open = { fleet, groups };
  },
  save: () =>
    open === undefined
      ? {}
      : { fleet: open.fleet.read(), groups: open.groups.groups, groupIntervals: open.groups.intervals },
});
