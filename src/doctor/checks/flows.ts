import { describeValue, isRecord, plainText } from '../../support/expect';
import { sentences, type Sentence } from '../../support/sentence';
import { sightEach, sightOne, sightWhole, type DoctorCheck, notLookedAt } from '../check';
import { NODE_ROWS } from '../flows/node-rows';
import type { SavedNode } from '../flows/saved-nodes';
import { countsBeside } from '../flows/saved-row';
import { textOf } from '../flows/saved-site';
import { lookFurther } from '../looked';

/** What is found in the flows. */
export const FLOW_FINDINGS = sentences('doctorFlows', {
  noReader: 'No flow of {path} that is on reads a meter.',
  range: '{label}: {name} is {value}, expected a number from {min} to {max}.',
  choice: '{label}: {name} is {value}, expected one of {choices}.',
  missing: '{label}: {name} is {value}, expected something.',
  dangling: '{label}: {name} names a {type} that is missing or switched off.',
  nothing: 'missing',
  list: 'an array',
  object: 'an object',
  variable: '{label} names the variable {name}, which is not set here.',
});
const { say } = FLOW_FINDINGS;

/** Settings that have checks of their own. */
const JUDGED_ELSEWHERE: readonly string[] = ['pm500-meter rpiMs', 'pm500-poll intervalMs'];

function shown(value: unknown): Sentence | string {
  if (value === undefined) return say('nothing');
  if (Array.isArray(value)) return say('list');
  return isRecord(value) ? say('object') : describeValue(value);
}

/** What of a node its own type refuses: a number out of its range, a choice that is none, a text that is missing. */
function refused({ type, label, values, unset }: SavedNode): readonly Sentence[] {
  const rows = NODE_ROWS[type] ?? {};
  return Object.entries(rows).flatMap(([name, row]) => {
    const value = values[name];
    if (JUDGED_ELSEWHERE.includes(`${type} ${name}`) || !countsBeside(row, (other) => values[other])) return [];
    if (typeof value === 'string' && unset.some((variable) => value.includes(variable))) return [];
    const about = { label, name, value: shown(value) };
    if (row.kind === 'number' && !(row.default === '' && value === '')) {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      const { min = -Infinity, max = Infinity } = row;
      return typeof number === 'number' && number >= min && number <= max ? [] : [say('range', { ...about, min, max })];
    }
    if (row.kind === 'choice' && row.values?.some((each) => String(each) === plainText(value)) === false) {
      return [say('choice', { ...about, choices: row.values.filter((each) => each !== '').join(', ') })];
    }
    const isMissing = row.required === true && row.kind !== 'node' && (value === '' || value === undefined);
    return isMissing ? [say('missing', about)] : [];
  });
}

/** References of a node to configuration nodes that are not there, or of another type. */
function dangling(node: SavedNode, all: readonly SavedNode[]): readonly Sentence[] {
  return Object.entries(NODE_ROWS[node.type] ?? {}).flatMap(([name, row]) => {
    const id = textOf(node, name);
    if (row.kind !== 'node' || id === '' || !countsBeside(row, (other) => node.values[other])) return [];
    const found = all.find((each) => each.id === id);
    if (found !== undefined && found.type === row.type) return [];
    return [say('dangling', { label: node.label, name, type: row.type ?? 'node' })];
  });
}

/** Whether the flows can run as they were saved. */
export const FLOW_CHECKS: readonly DoctorCheck[] = [
  {
    id: 'flows-readable',
    area: 'user directory',
    severity: 'critical',
    title: 'the flows can be read',
    looksAt: 'the user directory and its flow file',
    remedy:
      'Name the user directory and the flow file by --user-dir and --flows, and run the command as the user of Node-RED.',
    docs: 'docs/doctor.md',
    look: ({ site }) =>
      sightWhole(
        site,
        ({ path, nodes }) => (nodes.some(({ type }) => type.startsWith('pm500-')) ? [] : [say('noReader', { path })]),
        ({ path }) => path,
      ),
  },
  {
    id: 'settings-accepted',
    area: 'user directory',
    severity: 'critical',
    title: 'no node refuses its settings',
    looksAt: 'settings of the nodes of this package against their ranges',
    remedy: 'Correct the setting in the node; until then it does not start.',
    docs: 'docs/settings.md',
    look: ({ site }) =>
      sightEach(
        lookFurther(site, ({ nodes }) => nodes),
        refused,
        ['node', 'nodes'],
      ),
  },
  {
    id: 'variables-set',
    area: 'user directory',
    severity: 'critical',
    title: 'all variables of the flows are set',
    looksAt: 'variables of flows, of settings.js and of this environment',
    remedy:
      'Set the variable where Node-RED is started, or in settings.js; a node whose variable is missing does not start.',
    docs: 'docs/settings.md',
    look: ({ site, settings }) =>
      'unseen' in settings
        ? notLookedAt(settings)
        : sightEach(
            lookFurther(site, ({ nodes }) => nodes.filter(({ type }) => type in NODE_ROWS)),
            ({ label, unset }) => unset.map((name) => say('variable', { label, name })),
            ['node', 'nodes'],
          ),
  },
  {
    id: 'references',
    area: 'user directory',
    severity: 'critical',
    title: 'all configuration nodes that are named are there',
    looksAt: 'references between the nodes of the flows',
    remedy: 'Choose a configuration node in the settings of the node.',
    docs: 'docs/settings.md',
    look: ({ site }) =>
      sightOne(
        site,
        ({ nodes }) => nodes.flatMap((node) => dangling(node, nodes)),
        ({ nodes }) => `${nodes.length} nodes`,
      ),
  },
];
