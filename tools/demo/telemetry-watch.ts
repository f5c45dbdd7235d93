import { ALARM_SCHEMA, type AlarmMessage } from '../../src/domain/alarms/alarm-message';
import { TELEMETRY_SCHEMA, type Sample, type Telemetry } from '../../src/domain/messages/telemetry';
import { ASSEMBLIES } from '../../src/meters/pm500/assemblies';
import { DERIVED_METRICS } from '../../src/metrics/derived-metrics';
import type { FlowEntry } from '../../testkit/node-red/node-red-admin';
import type { EditorChannel } from '../../testkit/node-red/node-red-channel';

/** The debug node of the flow that shows every telemetry. */
export const TELEMETRY_DEBUG = 'first-meter-telemetry';

const DERIVED: ReadonlySet<string> = new Set(DERIVED_METRICS.map(({ name }) => name));

/** Names of the metrics of a group, from the table. */
export function metricsOfGroup(group: string): readonly string[] {
  return ASSEMBLIES.filter((assembly) => assembly.group === group).flatMap(({ measurements }) =>
    measurements.map(({ metric }) => metric),
  );
}

/** Whether a metric is worked out from readings; databases keep these apart from what was read. */
export function isDerived(metric: string): boolean {
  return DERIVED.has(metric);
}

/** Objects that a debug node has shown in the editor so far. */
function objectsShown(channel: EditorChannel, debugNode: string): readonly { readonly schema: string }[] {
  return channel.debugsOf(debugNode).map(({ msg }) => JSON.parse(String(msg)) as { readonly schema: string });
}

/** The telemetry that a debug node has shown: what the sinks were given. */
export function telemetryShown(channel: EditorChannel, debugNode: string): readonly Telemetry[] {
  return objectsShown(channel, debugNode).filter(
    (message): message is Telemetry => message.schema === TELEMETRY_SCHEMA,
  );
}

/** The alarm messages that a debug node has shown. */
export function alarmsShown(channel: EditorChannel, debugNode: string): readonly AlarmMessage[] {
  return objectsShown(channel, debugNode).filter((message): message is AlarmMessage => message.schema === ALARM_SCHEMA);
}

/** How many values of this telemetry are bad, by reason: of those that were read, and of derived ones. */
export function countBad({ metrics }: Telemetry): Readonly<Record<'read' | 'derived', Record<string, number>>> {
  const counts = { read: {} as Record<string, number>, derived: {} as Record<string, number> };
  for (const [name, { quality, reason = '' }] of Object.entries(metrics)) {
    if (quality !== 'bad') continue;
    const ofKind = counts[isDerived(name) ? 'derived' : 'read'];
    ofKind[reason] = (ofKind[reason] ?? 0) + 1;
  }
  return counts;
}

/**
 * How many points InfluxDB gets of these: values of different quality, and derived ones, stand in different points; bad
 * ones are counted in one.
 */
export function countPoints(telemetries: readonly Telemetry[]): number {
  const pointOf = ([name, { value, quality }]: [string, Sample]): readonly string[] =>
    value === null && quality !== 'bad' ? [] : [`${isDerived(name) ? 'derived' : 'read'} ${quality}`];
  return telemetries.reduce((sum, { metrics }) => sum + new Set(Object.entries(metrics).flatMap(pointOf)).size, 0);
}

/** The flow with its debug node for telemetry switched on, for whoever watches; a person does so in the editor. */
export function showingTelemetry(flow: readonly FlowEntry[]): readonly FlowEntry[] {
  return flow.map((entry) => (entry.id === TELEMETRY_DEBUG ? { ...entry, active: true } : entry));
}
