import type { AlarmMessage } from '../../src/domain/alarms/alarm-message';
import type { Telemetry } from '../../src/domain/messages/telemetry';
import type { FlowEntry } from '../../testkit/node-red/node-red-admin';
import { entryOf } from '../../testkit/node-red/reference-flows';
import { waitFor } from '../../testkit/wait';
import type { Stage } from './stage';
import { alarmsShown, showingTelemetry, TELEMETRY_DEBUG, telemetryShown } from './telemetry-watch';

/** Sinks whose acknowledgments are watched. */
const SINKS = ['influx-out', 'sparkplug-out'] as const;
export type Sink = (typeof SINKS)[number];

const debugIdOf = (sink: Sink): string => `demo-witness-${sink}-debug`;

/**
 * Nodes beside the flow that show in the editor's channel what a sink has acknowledged: a `complete` node hears of a
 * message when the sink has called `done` for it, which `influx-out` does when the points are on the disk.
 */
function witnessNodes(flow: readonly FlowEntry[]): readonly FlowEntry[] {
  return SINKS.flatMap((type, index) => {
    const sink = entryOf(flow, type);
    const at = { z: sink['z'], y: 400 + 60 * index };
    const debug = debugIdOf(type);
    const complete = {
      ...at,
      id: `demo-witness-${type}-complete`,
      type: 'complete',
      name: `Acknowledged by ${sink.name ?? type}`,
      scope: [sink.id],
      uncaught: false,
      x: 400,
      wires: [[debug]],
    };
    const show = {
      ...at,
      id: debug,
      type: 'debug',
      name: `Witness ${sink.name ?? type}`,
      active: true,
      tosidebar: true,
      console: false,
      tostatus: false,
      complete: 'payload',
      targetType: 'msg',
      statusVal: '',
      statusType: 'auto',
      x: 660,
      wires: [],
    };
    return [complete, show];
  });
}

/** The flow as it is deployed where somebody watches it from outside. */
export function withWitnesses(flow: readonly FlowEntry[]): readonly FlowEntry[] {
  return [...showingTelemetry(flow), ...witnessNodes(flow)];
}

type Watched = Pick<Stage, 'nodeReds'>;

/** The telemetry that a sink has acknowledged, in all runs of Node-RED. */
export function acknowledgedBy(sink: Sink, { nodeReds }: Watched): readonly Telemetry[] {
  return nodeReds.flatMap(({ channel }) => telemetryShown(channel, debugIdOf(sink)));
}

/** The alarm messages that a sink has acknowledged, in all runs of Node-RED. */
export function alarmsAcknowledgedBy(sink: Sink, { nodeReds }: Watched): readonly AlarmMessage[] {
  return nodeReds.flatMap(({ channel }) => alarmsShown(channel, debugIdOf(sink)));
}

/** What went to the sinks, in all runs of Node-RED: also what was under way when one was killed. */
export function sentToSinks({ nodeReds }: Watched): readonly Telemetry[] {
  return nodeReds.flatMap(({ channel }) => telemetryShown(channel, TELEMETRY_DEBUG));
}

const READING_MS = 30_000;

/** Resolves when the sinks have acknowledged messages after the one that is the last now. */
export async function moreAcknowledged(stage: Watched, count: number): Promise<void> {
  const seen = acknowledgedBy('influx-out', stage).length;
  await waitFor(`${count} acknowledged readings`, () => acknowledgedBy('influx-out', stage).length >= seen + count, {
    timeoutMs: READING_MS,
  });
}
