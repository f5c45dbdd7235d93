import { sentences } from '../../support/sentence';
import { sightEach, sightOne, type DoctorCheck } from '../check';
import type { SavedNode } from '../flows/saved-nodes';
import { isOn, nodesOf, numberOf, textOf, type SavedSite } from '../flows/saved-site';
import { lookFurther, type Looked } from '../looked';
import { isOfPractice } from '../meter-words';

const NORMALIZERS = ['normalizer', 'normalizers'] as const;
/** Longer than a night: nobody would see that a meter is silent. */
const LONGEST_STALE_SECONDS = 3600;

const normalizersOf = (site: Looked<SavedSite>): Looked<readonly SavedNode[]> =>
  lookFurther(site, (saved) => nodesOf(saved, 'pm500-normalize'));

const chosen = ({ values }: SavedNode): readonly unknown[] =>
  Array.isArray(values['kpis']) ? (values['kpis'] as readonly unknown[]) : [];

/** Ids that messages of a node can come to, over whatever is in between. */
function reachedFrom(start: SavedNode, saved: SavedSite): ReadonlySet<string> {
  const byId = new Map(saved.nodes.map((node) => [node.id, node]));
  const reached = new Set<string>();
  const waiting = [...start.wires.flat(), ...linksOf(start)];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (reached.has(id)) continue;
    reached.add(id);
    const node = byId.get(id);
    if (node !== undefined) waiting.push(...node.wires.flat(), ...linksOf(node));
  }
  return reached;
}

/** Where a `link out` node leads. */
function linksOf({ type, values }: SavedNode): readonly string[] {
  const links: readonly unknown[] = type.startsWith('link') && Array.isArray(values['links']) ? values['links'] : [];
  return links.filter((id) => typeof id === 'string');
}

const SINK_TYPES: readonly string[] = [
  'influx-out',
  'sparkplug-out',
  'iot-out',
  'mqtt out',
  'http request',
  'file',
  'tcp out',
  'udp out',
];
/** What a message can leave by that nobody here knows: a subflow, a link call, nodes of others. */
const isOpenEnd = ({ type }: SavedNode): boolean =>
  type.startsWith('subflow:') ||
  type === 'link call' ||
  SINK_TYPES.includes(type) ||
  /\b(out|insert|write|store)\b/i.test(type);

/** What is found of what becomes of readings. */
export const VALUE_FINDINGS = sentences('doctorValues', {
  noSink: 'What {label} reads comes to no sink.',
  noAlarms: 'No pm500-normalize node has default alarms or rules: nobody is told of a lost phase.',
  unwired: 'Alarms of {label} leave by an output that is wired to nothing.',
  noContract: '{label} works out the demand and knows no contracted power.',
  noTariff: '{label} has the KPI {kpis} and no tariff.',
  noFactor: '{label} has the KPI co2 and 0 kg/kWh.',
  neverStale: '{label} never calls values stale.',
  lateStale: '{label} calls values stale after {seconds} s only.',
  noQuality: '{label} writes no quality.',
  noRating: '{label} has default alarms and no rated current.',
  noDiagnostics: 'No pm500-poll node sends diagnostics.',
});
const { say } = VALUE_FINDINGS;

/** What readings become. */
export const VALUE_CHECKS: readonly DoctorCheck[] = [
  {
    id: 'readings-delivered',
    area: 'values',
    severity: 'warning',
    title: 'readings come to a sink',
    looksAt: 'wires behind each pm500-poll node',
    remedy: 'Wire pm500-poll to pm500-normalize, and that to influx-out, sparkplug-out or iot-out.',
    docs: 'docs/messages.md',
    look: ({ site }) =>
      sightOne(
        site,
        (saved) => {
          const ends = saved.nodes.filter(isOpenEnd).map(({ id }) => id);
          return nodesOf(saved, 'pm500-poll')
            .filter((poll) => {
              const reached = reachedFrom(poll, saved);
              return !ends.some((id) => reached.has(id));
            })
            .map(({ label }) => say('noSink', { label }));
        },
        (saved) => `${nodesOf(saved, 'pm500-poll').length} poll nodes`,
      ),
  },
  {
    id: 'alarms-on',
    area: 'values',
    severity: 'warning',
    title: 'alarms are on',
    looksAt: 'default alarms and alarm rules of the pm500-normalize nodes',
    remedy: 'Tick the default alarms of a pm500-normalize node and enter nominal voltage and frequency.',
    docs: 'docs/alarms.md',
    look: ({ site }) =>
      sightOne(
        normalizersOf(site),
        (nodes) =>
          nodes.length > 0 && !nodes.some((node) => isOn(node, 'defaultAlarms') || textOf(node, 'alarmRules') !== '')
            ? [say('noAlarms')]
            : [],
        (nodes) => `${nodes.length} normalizers`,
      ),
  },
  {
    id: 'alarms-wired',
    area: 'values',
    severity: 'warning',
    title: 'alarms go somewhere',
    looksAt: 'second output of pm500-normalize nodes with alarms',
    remedy: 'Wire the second output to a sink, or to whatever tells people.',
    docs: 'docs/alerting.md',
    look: ({ site }) =>
      sightEach(
        normalizersOf(site),
        (node) => {
          const hasAlarms = isOn(node, 'defaultAlarms') || textOf(node, 'alarmRules') !== '';
          return hasAlarms && (node.wires[1] ?? []).length === 0 ? [say('unwired', { label: node.label })] : [];
        },
        NORMALIZERS,
      ),
  },
  {
    id: 'contract-known',
    area: 'values',
    severity: 'notice',
    title: 'demand is compared with the contract',
    looksAt: 'contracted power of pm500-normalize nodes of real meters that work out demand',
    remedy: 'Enter the contracted power in kW: without it no alert comes before the demand costs more.',
    docs: 'docs/kpis.md',
    look: ({ site }) =>
      sightOne(
        site,
        (saved) =>
          saved.meters.every(isOfPractice)
            ? []
            : nodesOf(saved, 'pm500-normalize')
                .filter((node) => chosen(node).includes('demand') && !(numberOf(node, 'contractKw') > 0))
                .map(({ label }) => say('noContract', { label })),
        (saved) => `${nodesOf(saved, 'pm500-normalize').length} normalizers`,
      ),
  },
  {
    id: 'tariff-known',
    area: 'values',
    severity: 'warning',
    title: 'costs are worked out with a tariff',
    looksAt: 'KPIs cost and tariff_energy against the tariff of pm500-normalize nodes',
    remedy: 'Enter the tariff calendar, or switch the KPI off: it stays empty.',
    docs: 'docs/kpis.md',
    look: ({ site }) =>
      sightEach(
        normalizersOf(site),
        (node) => {
          const without = ['cost', 'tariff_energy'].filter((kpi) => chosen(node).includes(kpi));
          return without.length > 0 && textOf(node, 'tariff') === ''
            ? [say('noTariff', { label: node.label, kpis: without.join(', ') })]
            : [];
        },
        NORMALIZERS,
      ),
  },
  {
    id: 'emission-known',
    area: 'values',
    severity: 'notice',
    title: 'CO2 is worked out with a factor',
    looksAt: 'KPI co2 against kg/kWh of pm500-normalize nodes',
    remedy: 'Enter the kg of CO2 per kWh of your supplier, or switch the KPI off: it says 0.',
    docs: 'docs/kpis.md',
    look: ({ site }) =>
      sightEach(
        normalizersOf(site),
        (node) =>
          chosen(node).includes('co2') && !(numberOf(node, 'co2KgPerKwh') > 0)
            ? [say('noFactor', { label: node.label })]
            : [],
        NORMALIZERS,
      ),
  },
  {
    id: 'stale-watched',
    area: 'values',
    severity: 'warning',
    title: 'values of a silent meter do not stay good',
    looksAt: 'seconds after which pm500-normalize calls values stale',
    remedy: `Set the time after which values are stale to some intervals of reading; 0 switches it off, and more than ${LONGEST_STALE_SECONDS} s is as good as off.`,
    docs: 'docs/values.md',
    look: ({ site }) =>
      sightEach(
        normalizersOf(site),
        (node) => {
          const seconds = numberOf(node, 'staleSeconds');
          if (seconds === 0) return [say('neverStale', { label: node.label })];
          return seconds > LONGEST_STALE_SECONDS ? [say('lateStale', { label: node.label, seconds })] : [];
        },
        NORMALIZERS,
      ),
  },
  {
    id: 'quality-stored',
    area: 'values',
    severity: 'warning',
    title: 'the database gets the quality of values',
    looksAt: 'quality of influx-out nodes',
    remedy:
      'Let influx-out write the quality as a tag or a field: without it nobody can tell a doubtful value from a good one.',
    docs: 'docs/influxdb.md',
    look: ({ site }) =>
      sightEach(
        lookFurther(site, (saved) => nodesOf(saved, 'influx-out')),
        (node) => (textOf(node, 'quality') === 'none' ? [say('noQuality', { label: node.label })] : []),
        ['influx-out', 'influx-out nodes'],
      ),
  },
  {
    id: 'rating-known',
    area: 'values',
    severity: 'notice',
    title: 'the rated current of the feeder is known',
    looksAt: 'rated current of pm500-normalize nodes with default alarms, where real meters are read',
    remedy: 'Enter the rated current: without it no alarm tells of an overload.',
    docs: 'docs/alarms.md',
    look: ({ site }) =>
      sightOne(
        site,
        (saved) =>
          saved.meters.every(isOfPractice)
            ? []
            : nodesOf(saved, 'pm500-normalize')
                .filter((node) => isOn(node, 'defaultAlarms') && !(numberOf(node, 'ratedAmperes') > 0))
                .map(({ label }) => say('noRating', { label })),
        (saved) => `${nodesOf(saved, 'pm500-normalize').length} normalizers`,
      ),
  },
  {
    id: 'diagnostics-on',
    area: 'values',
    severity: 'notice',
    title: 'diagnostics are not switched off everywhere',
    looksAt: 'diagnosticsSeconds of pm500-poll nodes',
    remedy: 'Set the diagnostics of a pm500-poll node to 60 s: late cycles and failed reads show in them first.',
    docs: 'docs/messages.md',
    look: ({ site }) =>
      sightOne(
        lookFurther(site, (saved) => nodesOf(saved, 'pm500-poll')),
        (nodes) =>
          nodes.length > 0 && nodes.every((node) => numberOf(node, 'diagnosticsSeconds') === 0)
            ? [say('noDiagnostics')]
            : [],
        (nodes) => `${nodes.length} poll nodes`,
      ),
  },
];
