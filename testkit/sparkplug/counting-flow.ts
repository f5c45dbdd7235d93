import { DEFAULTS } from '../../nodes/shared/forms';
import type { FlowEntry } from '../node-red/node-red-admin';
import { notedCounts } from '../noted-counts';

/** Ids of the nodes of the flow. */
export const COUNTING = { edge: 'count-edge', out: 'count-out', tls: 'count-tls' } as const;
/** Device and metric that it publishes. */
export const COUNTED = 'M/count';

interface CountingOptions {
  readonly port: number;
  /** A file that gets the number of each message that `sparkplug-out` was done with. */
  readonly notes: string;
  /** Epoch milliseconds from which the numbers count. */
  readonly countFrom: number;
  /** Changes of the edge node. */
  readonly edge?: object;
  readonly further?: readonly FlowEntry[];
}

/** A flow that publishes one number after the other and notes those that `sparkplug-out` has acknowledged. */
export function countingFlow({
  port,
  notes,
  countFrom,
  edge = {},
  further = [],
}: CountingOptions): readonly FlowEntry[] {
  const tab = 'count-tab';
  const entries = [
    { id: tab, type: 'tab', label: 'count', disabled: false, info: '', env: [] },
    {
      ...DEFAULTS['sparkplug-edge'],
      id: COUNTING.edge,
      type: 'sparkplug-edge',
      host: '127.0.0.1',
      port,
      groupId: 'plant',
      edgeNodeId: 'edge',
      // Longer than a busy computer leaves a process without time: no session ends by itself.
      keepAliveSeconds: 20,
      ...edge,
    },
    {
      ...DEFAULTS['sparkplug-out'],
      z: tab,
      x: 100,
      y: 100,
      id: COUNTING.out,
      type: 'sparkplug-out',
      edge: COUNTING.edge,
      wires: [],
    },
  ];
  const metric = "{ name: 'count', value: first, type: 'Double', timestamp: Date.now() }";
  const payload = `{ deviceId: 'M', metrics: [${metric}] }`;
  const counts = notedCounts({ tab, out: COUNTING.out, notes, countFrom, numbersPerMessage: 1, payload });
  return [...(entries as readonly FlowEntry[]), ...counts, ...further];
}
