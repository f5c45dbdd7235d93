import { CATALOGUE } from '../meter/catalogue';
import type { Metric, Template } from './payload';
import type { Datatype } from './datatypes';

/** The templates (UDTs) that an edge node offers instead of flat metrics. Members keep the datatypes of flat metrics. */
export interface MemberRow {
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

/** The members of a template, in order. */
export function membersOf(template: TemplateName): readonly MemberRow[] {
  return TEMPLATES[template].members;
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
  const members = membersOf(template).map((row): Metric => ({ ...row, timestamp, value: values[row.name] ?? null }));
  return { name, timestamp, type: 'Template', value: { version, templateRef: template, members } };
}
