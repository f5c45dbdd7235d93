import { existsSync, readFileSync } from 'node:fs';
import type { FlowEntry } from './node-red/node-red-admin';

const COUNT_EVERY_MS = 10;

interface NotedCounts {
  /** Id of the tab. */
  readonly tab: string;
  /** Begins the ids of these nodes; `count` where absent. */
  readonly prefix?: string;
  /** Id of the node that takes the messages. */
  readonly out: string;
  /** Id of the node that gets them first and passes them on to `out`; `out` itself where absent. */
  readonly into?: string;
  /** A file that gets the first number of each message that `out` was done with. */
  readonly notes: string;
  /** Epoch milliseconds from which the numbers count. */
  readonly countFrom: number;
  readonly numbersPerMessage: number;
  /** JavaScript for `msg.payload`, made of `first`, the first number of the message. */
  readonly payload: string;
}

/**
 * Nodes that give `out` one number after the other, never one twice, also over restarts: the clock runs ahead of the
 * numbers. A file node notes what `out` has acknowledged.
 */
export function notedCounts(options: NotedCounts): readonly FlowEntry[] {
  const { tab, prefix = 'count', out, into = out, notes, countFrom, numbersPerMessage, payload } = options;
  const at = { z: tab, x: 100, y: 100, name: '' };
  const code = { type: 'function', outputs: 1, timeout: 0, noerr: 0, initialize: '', finalize: '', libs: [] };
  return [
    {
      ...at,
      id: `${prefix}-inject`,
      type: 'inject',
      props: [],
      repeat: String(COUNT_EVERY_MS / 1000),
      crontab: '',
      once: true,
      onceDelay: 0.01,
      topic: '',
      wires: [[`${prefix}-number`]],
    },
    {
      ...at,
      ...code,
      id: `${prefix}-number`,
      func: `const first = Math.max(context.get('next') ?? 0, Date.now() - ${countFrom});
context.set('next', first + ${numbersPerMessage});
msg.first = first;
msg.payload = ${payload};
return msg;`,
      wires: [[into]],
    },
    { ...at, id: `${prefix}-done`, type: 'complete', scope: [out], uncaught: false, wires: [[`${prefix}-note`]] },
    {
      ...at,
      ...code,
      id: `${prefix}-note`,
      func: 'msg.payload = `<${msg.first}>`; return msg;',
      wires: [[`${prefix}-file`]],
    },
    {
      ...at,
      id: `${prefix}-file`,
      type: 'file',
      filename: notes,
      filenameType: 'str',
      appendNewline: true,
      createDir: false,
      overwriteFile: 'false',
      encoding: 'none',
      wires: [[]],
    },
  ] as readonly FlowEntry[];
}

/** First numbers of acknowledged messages; a note that a kill cut short does not count. */
export function acknowledgedIn(notes: string): readonly number[] {
  if (!existsSync(notes)) return [];
  return [...readFileSync(notes, 'utf8').matchAll(/<(\d+)>/g)].map(([, number]) => Number(number));
}
