import { CATALOGUE } from '../meter/catalogue';
import type { Metric, Template } from './payload';
import type { Datatype } from './datatypes';

/**
 * The templates (UDTs) that an edge node offers instead of flat metrics: definitions for NBIRTH, and the grouping of a
 * device's metrics into instances. Members keep the names, datatypes and properties that they have as flat metrics.
 */
interface MemberRow {
  readonly name: string;
  readonly type: Datatype;
}

interface TemplateRow {
  readonly version: string;
  readonly members: readonly MemberRow[];
}

/** Every present electrical value of a meter: voltages, currents, powers, power factors, frequency. */
const PROCESS_MEMBERS: readonly MemberRow[] = CATALOGUE.filter(
  ({ kind, statistic }) => kind === 'gauge' && statistic === 'instant',
).map(({ name, sparkplugType }) => ({ name, type: sparkplugType }));

/** A member that is added, or gets another datatype, makes a new version. */
export const TEMPLATES = {
  tpl_edge_health: {
    version: '1',
    members: [
      { name: 'uptime', type: 'Int64' },
      { name: 'version', type: 'String' },
    ],
  },
  tpl_device_process: { version: '1', members: PROCESS_MEMBERS },
  tpl_alarm_state: {
    version: '1',
    members: [
      { name: 'id', type: 'String' },
      { name: 'active', type: 'Boolean' },
      { name: 'severity', type: 'String' },
      { name: 'latched', type: 'Boolean' },
      { name: 'message', type: 'String' },
    ],
  },
} as const satisfies Readonly<Record<string, TemplateRow>>;

export type TemplateName = keyof typeof TEMPLATES;
const TEMPLATE_NAMES = Object.keys(TEMPLATES) as readonly TemplateName[];

/** Name of the one instance of `tpl_device_process` that a device has. */
export const PROCESS_INSTANCE = 'process';

const PROCESS_NAMES: ReadonlySet<string> = new Set(PROCESS_MEMBERS.map(({ name }) => name));

/** True for a metric that is a member of the process instance where templates are in use. */
export function isProcessMember(name: string): boolean {
  return PROCESS_NAMES.has(name);
}

/** All definitions, as metrics of NBIRTH (topics-nbirth-templates). */
export function templateDefinitions(timestamp: number): readonly Metric[] {
  return TEMPLATE_NAMES.map((name) => {
    const { version, members } = TEMPLATES[name];
    const value: Template = { version, members: members.map((member) => ({ ...member, value: null })) };
    return { name, timestamp, type: 'Template', value };
  });
}

/** An instance of a template with values by member name; a value that is left out is null. */
export function templateInstance(
  template: TemplateName,
  name: string,
  timestamp: number,
  values: Readonly<Record<string, string | number | bigint | boolean | null>>,
): Metric {
  const { version } = TEMPLATES[template];
  const rows: readonly MemberRow[] = TEMPLATES[template].members;
  const members = rows.map((row): Metric => ({ ...row, timestamp, value: values[row.name] ?? null }));
  return { name, timestamp, type: 'Template', value: { version, templateRef: template, members } };
}

/** A member of an instance is known by its name: it has no alias of its own. */
function memberOf({ alias: _alias, ...member }: Metric): Metric {
  return member;
}

/** What an instance needs beside its members. */
type InstanceHead = Pick<Metric, 'timestamp' | 'isHistorical'>;

function processInstance(alias: number, head: InstanceHead, members: readonly Metric[]): Metric {
  const { version } = TEMPLATES.tpl_device_process;
  const value: Template = { version, templateRef: 'tpl_device_process', members };
  return { name: PROCESS_INSTANCE, alias, ...head, type: 'Template', value };
}

/** In a birth an instance has all members: those that no reading has brought yet are null. */
function complete(present: readonly Metric[], timestamp: number): readonly Metric[] {
  const byName = new Map(present.map((metric) => [metric.name, metric]));
  return PROCESS_MEMBERS.map((row) => byName.get(row.name) ?? { ...row, timestamp, value: null });
}

/**
 * The metrics of a DBIRTH with the process values gathered in one instance, which has every member.
 * @param alias of the instance
 * @param at when the message is made, epoch milliseconds UTC
 */
export function groupBirth(metrics: readonly Metric[], alias: number, at: number): readonly Metric[] {
  const members = metrics.filter(({ name = '' }) => isProcessMember(name));
  if (members.length === 0) return metrics;
  const timestamp = Math.max(...members.map((member) => member.timestamp ?? 0));
  const rest = metrics.filter(({ name = '' }) => !isProcessMember(name));
  return [
    processInstance(alias, { timestamp: timestamp === 0 ? at : timestamp }, complete(members.map(memberOf), timestamp)),
    ...rest,
  ];
}

/**
 * The metrics of a DDATA with process values gathered in one instance for each point in time, in the order of the
 * message; an instance has only the members that changed.
 */
export function groupData(metrics: readonly Metric[], alias: number): readonly Metric[] {
  const grouped: Metric[] = [];
  let open: { readonly head: InstanceHead; readonly members: Metric[] } | undefined;
  for (const metric of metrics) {
    if (metric.name === undefined || !isProcessMember(metric.name)) {
      grouped.push(metric);
      continue;
    }
    const { timestamp, isHistorical } = metric;
    if (open === undefined || open.head.timestamp !== timestamp || open.head.isHistorical !== isHistorical) {
      const head: InstanceHead = {
        ...(timestamp === undefined ? {} : { timestamp }),
        ...(isHistorical === undefined ? {} : { isHistorical }),
      };
      open = { head, members: [] };
      grouped.push(processInstance(alias, head, open.members));
    }
    open.members.push(memberOf(metric));
  }
  return grouped;
}
