import { CATALOG } from '../../metrics/catalog';
import type { Datatype } from '../codec/datatypes';
import { describeMetric } from './description';
import type { PayloadMetric, PropertySet, Template } from '../codec/payload';

/** The templates (UDTs) that an edge node offers instead of flat metrics. Members keep the datatypes of flat metrics. */
export interface MemberRow {
  readonly name: string;
  readonly type: Datatype;
  /** What the definition says of it; instances say what is different. */
  readonly properties: PropertySet;
}

interface TemplateRow {
  readonly version: string;
  readonly members: readonly MemberRow[];
}

/** Every present electrical value of a meter: voltages, currents, powers, power factors, frequency. */
const PROCESS_MEMBERS: readonly MemberRow[] = CATALOG.filter(
  ({ kind, statistic }) => kind === 'gauge' && statistic === 'instant',
).map((metric) => ({
  name: metric.name,
  type: metric.sparkplugType,
  properties: describeMetric(metric.label, metric.unit, metric),
}));

function member<Name extends string>(
  name: Name,
  type: Datatype,
  label: string,
  unit = '',
): MemberRow & { readonly name: Name } {
  return { name, type, properties: describeMetric(label, unit, undefined) };
}

/** A member that is added, or gets another datatype, makes a new version. */
export const TEMPLATES = {
  tpl_edge_health: {
    version: '1',
    members: [
      member('uptime', 'Int64', 'Time since the edge node was deployed', 's'),
      member('version', 'String', 'Version of the package'),
    ],
  },
  tpl_device_process: { version: '1', members: PROCESS_MEMBERS },
  tpl_alarm_state: {
    version: '1',
    members: [
      member('id', 'String', 'ID of the alarm'),
      member('active', 'Boolean', 'The alarm is active'),
      member('severity', 'String', 'How severe the alarm is'),
      member('latched', 'Boolean', 'The alarm stays until somebody resets it'),
      member('message', 'String', 'What the alarm says'),
    ],
  },
} as const satisfies Readonly<Record<string, TemplateRow>>;

export type TemplateName = keyof typeof TEMPLATES;
const TEMPLATE_NAMES = Object.keys(TEMPLATES) as readonly TemplateName[];

/** The members of a template, in order. */
export function membersOf(template: TemplateName): readonly MemberRow[] {
  return TEMPLATES[template].members;
}

/** What a template is called at the host. */
export type DefinitionName = (template: TemplateName) => string;

export const PLAIN_NAMES: DefinitionName = (template) => template;
/** A changed definition is a new one: Ignition keeps the definition that it has of a name. */
export const VERSIONED_NAMES: DefinitionName = (template) => `${template}_v${TEMPLATES[template].version}`;

/** All definitions, as metrics of NBIRTH (topics-nbirth-templates). */
export function templateDefinitions(timestamp: number, nameOf: DefinitionName = PLAIN_NAMES): readonly PayloadMetric[] {
  return TEMPLATE_NAMES.map((template) => {
    const { version, members } = TEMPLATES[template];
    const value: Template = { version, members: members.map((member) => ({ ...member, value: null })) };
    return { name: nameOf(template), timestamp, type: 'Template', value };
  });
}

/** An instance of a template with values by member name; a value that is left out is null. */
export function templateInstance(
  template: TemplateName,
  name: string,
  timestamp: number,
  values: Readonly<Record<string, string | number | bigint | boolean | null>>,
  nameOf: DefinitionName = PLAIN_NAMES,
): PayloadMetric {
  const { version } = TEMPLATES[template];
  const members = membersOf(template).map((row): PayloadMetric => ({
    name: row.name,
    type: row.type,
    timestamp,
    value: values[row.name] ?? null,
  }));
  return { name, timestamp, type: 'Template', value: { version, templateRef: nameOf(template), members } };
}
