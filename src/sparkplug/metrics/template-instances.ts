import { conditionOf } from './metric-condition';
import type { Datatype, PayloadMetric, Template } from '../codec/payload';
import { type DefinitionName, PLAIN_NAMES, TEMPLATES, membersOf, type TemplateName } from './templates';

/**
 * Gathers the metrics of a device into instances of templates. Members keep the properties of flat metrics. An instance
 * is known by its name, in data too: decoders of Eclipse Tahu find the datatype of a member by "<instance>/<member>".
 */

/** Name of the one instance of `tpl_device_process` that a device has. */
export const PROCESS_INSTANCE = 'process';

/** Where a metric belongs. */
interface Place {
  readonly instance: string;
  readonly template: TemplateName;
  readonly member: string;
}

const typesOf = (template: TemplateName): ReadonlyMap<string, string> =>
  new Map(membersOf(template).map(({ name, type }) => [name, type]));
const PROCESS_TYPES = typesOf('tpl_device_process');
const ALARM_TYPES = typesOf('tpl_alarm_state');
/** Metrics of one alarm: "alarms/<id>/<member>". */
const ALARM = /^(alarms\/[^/]+)\/([^/]+)$/;

/** The place of a metric; undefined for one that stays flat: no member of a template, or not with this datatype. */
function placeOf(name: string | undefined, type: string): Place | undefined {
  if (name === undefined) return undefined;
  if (PROCESS_TYPES.get(name) === type)
    return { instance: PROCESS_INSTANCE, template: 'tpl_device_process', member: name };
  const [, instance, member] = ALARM.exec(name) ?? [];
  if (instance === undefined || member === undefined || ALARM_TYPES.get(member) !== type) return undefined;
  return { instance, template: 'tpl_alarm_state', member };
}

/** True for a metric that is a member of the process instance where templates are in use. */
export function isProcessMember(name: string): boolean {
  return PROCESS_TYPES.has(name);
}

/** The instance that a metric is a member of, where templates are in use; undefined for one that stays flat. */
export function instanceNameOf(name: string, type: Datatype): string | undefined {
  return placeOf(name, type)?.instance;
}

/** True for names that belong to instances: a metric of a flow cannot have them. */
export function isInstanceName(name: string): boolean {
  return name === PROCESS_INSTANCE || /^alarms\/[^/]+$/.test(name);
}

/** A member of an instance is known by its name: it has no alias of its own. */
function memberOf({ alias: _alias, ...metric }: PayloadMetric, name: string): PayloadMetric {
  return { ...metric, name };
}

/** What an instance needs beside its members. */
type InstanceHead = Pick<PayloadMetric, 'timestamp' | 'isHistorical'>;

function instanceOf(
  { instance, template }: Place,
  head: InstanceHead,
  members: readonly PayloadMetric[],
  nameOf: DefinitionName,
): PayloadMetric {
  const { version } = TEMPLATES[template];
  const value: Template = { version, templateRef: nameOf(template), members };
  return { name: instance, ...head, type: 'Template', value };
}

/** What is said of a member that no reading has brought yet. */
const { properties: NOT_READ } = conditionOf('uncertain');

/** In a birth an instance has all members: those that no reading has brought yet are null and stale. */
function complete(
  template: TemplateName,
  present: readonly PayloadMetric[],
  timestamp: number,
): readonly PayloadMetric[] {
  const byName = new Map(present.map((metric) => [metric.name, metric]));
  return membersOf(template).map(
    (row) => byName.get(row.name) ?? { ...row, timestamp, value: null, properties: NOT_READ },
  );
}

/**
 * The metrics of a DBIRTH with those of templates gathered in instances, which have every member, in order of time. An
 * instance has the time of its newest member.
 */
export function groupBirth(metrics: readonly PayloadMetric[], nameOf = PLAIN_NAMES): readonly PayloadMetric[] {
  const flat: PayloadMetric[] = [];
  const instances = new Map<string, { readonly place: Place; readonly members: PayloadMetric[] }>();
  for (const metric of metrics) {
    const place = placeOf(metric.name, metric.type);
    if (place === undefined) {
      flat.push(metric);
      continue;
    }
    const open = instances.get(place.instance) ?? { place, members: [] };
    instances.set(place.instance, open);
    open.members.push(memberOf(metric, place.member));
  }
  if (instances.size === 0) return metrics;
  const grouped = [...instances.values()].map(({ place, members }) => {
    const timestamp = Math.max(...members.map((member) => member.timestamp ?? 0));
    return instanceOf(place, { timestamp }, complete(place.template, members, timestamp), nameOf);
  });
  return [...grouped, ...flat].sort((left, right) => (left.timestamp ?? 0) - (right.timestamp ?? 0));
}

/**
 * The metrics of a DDATA with those of templates gathered in one instance for each point in time, in the order of the
 * message; an instance has only the members that changed.
 */
export function groupData(metrics: readonly PayloadMetric[], nameOf = PLAIN_NAMES): readonly PayloadMetric[] {
  const grouped: PayloadMetric[] = [];
  const open = new Map<string, OpenInstance>();
  for (const metric of metrics) {
    const place = placeOf(metric.name, metric.type);
    if (place === undefined) {
      grouped.push(metric);
      continue;
    }
    const { timestamp, isHistorical } = metric;
    let current = open.get(place.instance);
    if (current === undefined || !takes(current, metric, place.member)) {
      const head: InstanceHead = {
        ...(timestamp === undefined ? {} : { timestamp }),
        ...(isHistorical === undefined ? {} : { isHistorical }),
      };
      current = { head, members: [] };
      open.set(place.instance, current);
      grouped.push(instanceOf(place, head, current.members, nameOf));
    }
    current.members.push(memberOf(metric, place.member));
  }
  return grouped;
}

/** An instance of a data message that is being filled. */
interface OpenInstance {
  readonly head: InstanceHead;
  readonly members: PayloadMetric[];
}

/** True for a value of the same time, unless the instance has one of this member already. */
function takes({ head, members }: OpenInstance, { timestamp, isHistorical }: PayloadMetric, member: string): boolean {
  if (head.timestamp !== timestamp || head.isHistorical !== isHistorical) return false;
  return !members.some(({ name }) => name === member);
}
