import { existsSync, readFileSync } from 'node:fs';
import { DEFAULTS } from '../../nodes/shared/defaults';
import type { FlowEntry } from '../support/node-red-admin';

const COUNT_EVERY_MS = 10;

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

const functionNode = (id: string, func: string, to: string): FlowEntry => ({
  z: 'count-tab',
  x: 100,
  y: 100,
  id,
  type: 'function',
  name: '',
  func,
  outputs: 1,
  timeout: 0,
  noerr: 0,
  initialize: '',
  finalize: '',
  libs: [],
  wires: [[to]],
});

/**
 * A flow that publishes one number after the other, never one twice, also over restarts: the clock runs ahead of the
 * numbers. A file node notes each number that `sparkplug-out` has acknowledged.
 */
export function countingFlow({
  port,
  notes,
  countFrom,
  edge = {},
  further = [],
}: CountingOptions): readonly FlowEntry[] {
  const at = { z: 'count-tab', x: 100, y: 100 };
  const entries = [
    { id: 'count-tab', type: 'tab', label: 'count', disabled: false, info: '', env: [] },
    {
      ...DEFAULTS['sparkplug-edge'],
      id: COUNTING.edge,
      type: 'sparkplug-edge',
      host: '127.0.0.1',
      port,
      groupId: 'plant',
      edgeNodeId: 'edge',
      keepAliveSeconds: 2,
      ...edge,
    },
    {
      ...at,
      id: 'count-inject',
      type: 'inject',
      name: '',
      props: [],
      repeat: String(COUNT_EVERY_MS / 1000),
      crontab: '',
      once: true,
      onceDelay: 0.01,
      topic: '',
      wires: [['count-number']],
    },
    functionNode(
      'count-number',
      `const count = Math.max(context.get('next') ?? 0, Date.now() - ${countFrom});
context.set('next', count + 1);
msg.count = count;
msg.payload = { deviceId: 'M', metrics: [{ name: 'count', value: count, type: 'Double', timestamp: Date.now() }] };
return msg;`,
      COUNTING.out,
    ),
    { ...at, ...DEFAULTS['sparkplug-out'], id: COUNTING.out, type: 'sparkplug-out', edge: COUNTING.edge, wires: [] },
    {
      ...at,
      id: 'count-done',
      type: 'complete',
      name: '',
      scope: [COUNTING.out],
      uncaught: false,
      wires: [['count-note']],
    },
    functionNode('count-note', 'msg.payload = `<${msg.count}>`; return msg;', 'count-file'),
    {
      ...at,
      id: 'count-file',
      type: 'file',
      name: '',
      filename: notes,
      filenameType: 'str',
      appendNewline: true,
      createDir: false,
      overwriteFile: 'false',
      encoding: 'none',
      wires: [[]],
    },
  ];
  return [...(entries as readonly FlowEntry[]), ...further];
}

/** Numbers that were acknowledged; a note that a kill cut short does not count. */
export function acknowledgedIn(notes: string): readonly number[] {
  if (!existsSync(notes)) return [];
  return [...readFileSync(notes, 'utf8').matchAll(/<(\d+)>/g)].map(([, number]) => Number(number));
}
