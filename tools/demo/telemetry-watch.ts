import type { Telemetry } from '../../src/domain/telemetry';
import { ASSEMBLIES } from '../../src/meter/assemblies';
import type { EditorChannel } from '../../test/support/node-red-channel';

/** The debug node of the flow that shows every telemetry. */
export const TELEMETRY_DEBUG = 'first-meter-telemetry';

/** Names of the metrics of a group, from the table. */
export function metricsOfGroup(group: string): readonly string[] {
  return ASSEMBLIES.filter((assembly) => assembly.group === group).flatMap(({ measurements }) =>
    measurements.map(({ metric }) => metric),
  );
}

/** The telemetry that a debug node has shown in the editor so far: what the sinks were given. */
export function telemetryShown(channel: EditorChannel, debugNode: string): readonly Telemetry[] {
  return channel.debugsOf(debugNode).map(({ msg }) => JSON.parse(String(msg)) as Telemetry);
}

/** How many points InfluxDB gets of these: values of different quality stand in different points. */
export function countPoints(telemetries: readonly Telemetry[]): number {
  const qualitiesOf = ({ metrics }: Telemetry): Set<string> =>
    new Set(Object.values(metrics).flatMap(({ value, quality }) => (value === null ? [] : [quality])));
  return telemetries.reduce((sum, telemetry) => sum + qualitiesOf(telemetry).size, 0);
}
