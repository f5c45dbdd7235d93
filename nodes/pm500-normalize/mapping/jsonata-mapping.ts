import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { systemClock } from '../../../src/support/clock';
import { Pm500Error } from '../../../src/support/errors';
import { Users } from '../../../src/support/users';
import { startMappingChild } from './mapping-child';
import { evaluate } from './mapping-evaluation';
import type { VariableSource } from './mapping-protocol';
import { MappingQueue } from './mapping-queue';
import { mappingFailed, MappingRunner } from './mapping-runner';
import { packValue, unpackValue } from './plain-values';

/** A user's own mapping of a message. */
export type JsonataMapping = (message: NodeMessage) => Promise<unknown>;

type Util = NodeAPI['util'];

/** How much of a mapping a sentence shows. */
const SHOWN_CHARACTERS = 40;

/** What Node-RED gives to JSONata, asked for by JSONata of our own, so that it is what every node gets. */
const QUESTIONS: Readonly<Record<VariableSource, string>> = {
  flowContext: '$flowContext(first, second)',
  globalContext: '$globalContext(first, second)',
  env: '$env(first)',
};

/** All mappings of this process; made with the first of them. */
let runner: MappingRunner | undefined;
let jobs = 0;

/**
 * The module that this Node-RED takes JSONata from: it has been loaded, or nothing could be given to a node.
 * @throws Pm500Error INTERNAL
 */
function libraryOf(util: Util): string {
  for (const module of Object.values(require.cache)) {
    const exported = module?.exports as Partial<Util> | undefined;
    if (exported?.prepareJSONataExpression === util.prepareJSONataExpression && module !== undefined) {
      return module.filename;
    }
  }
  throw new Pm500Error('INTERNAL', 'The JSONata of this Node-RED was not found; choose another shape than a mapping.');
}

/** Names node and mapping. */
function placeOf(node: Node, text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  const shown = line.length > SHOWN_CHARACTERS ? `${line.slice(0, SHOWN_CHARACTERS)}…` : line;
  return `The JSONata mapping ${shown} of node "${node.name === undefined || node.name === '' ? node.id : node.name}"`;
}

/**
 * A mapping that the user wrote in JSONata, which knows only the message and what Node-RED's own nodes give it. Only this
 * text is evaluated, never one that a message brings, and in a process of its own: whatever it does with a message, it
 * costs that message and not Node-RED. It ends with an error when it runs longer than a second, without an end, or gives
 * more than any receiver takes. Results come in the order of the messages.
 * @throws Pm500Error CONFIG_INVALID when it is no JSONata
 */
export function jsonataMapping(RED: NodeAPI, node: Node, text: string): JsonataMapping {
  const { util } = RED;
  const place = placeOf(node, text);
  try {
    util.prepareJSONataExpression(text, node);
  } catch (thrown) {
    throw mappingFailed(place, (thrown as { readonly message?: string }).message ?? String(thrown));
  }
  const queue = new MappingQueue(text, place, (source, [first, second]) =>
    evaluate(util, util.prepareJSONataExpression(QUESTIONS[source], node), { first, second }),
  );
  runner ??= new MappingRunner({
    library: libraryOf(util),
    start: startMappingChild,
    clock: systemClock,
    random: Math.random,
  });
  const own = runner;
  own.add(queue);
  const users = new Users(systemClock);
  node.on('close', () => {
    // What the node has accepted it still sends, as long as a deployment may wait for it.
    void users.gone().then(() => {
      own.remove(queue);
    });
  });
  const run = (message: NodeMessage): Promise<Uint8Array | undefined> =>
    new Promise((resolve, reject) => {
      jobs++;
      const job = { id: jobs, message: packValue(message) };
      queue.push({ job, since: systemClock.monotonic(), endings: 0, resolve, reject });
      own.pump();
    });
  return async (message) => {
    const bytes = await users.during(() => run(message));
    return bytes === undefined ? undefined : unpackValue(bytes);
  };
}
