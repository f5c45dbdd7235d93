import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { Pm500Error, toPm500Error } from '../../src/support/errors';

/** A user's own mapping of a message. */
export type Mapping = (message: NodeMessage) => Promise<unknown>;

/** An expression that runs longer, or nests deeper, was not meant to. */
const LONGEST_MS = 1000;
const DEEPEST = 500;

/** Names under which versions of JSONata look for a function that is called at every step. */
const ENTRY_NAMES = ['__evaluate_entry', Symbol.for('jsonata.__evaluate_entry')];
const EXIT_NAMES = ['__evaluate_exit', Symbol.for('jsonata.__evaluate_exit')];

type Assign = (name: string | symbol, value: unknown) => void;

function failed(thrown: unknown): Pm500Error {
  // JSONata throws plain objects.
  const { message = toPm500Error(thrown).message } = thrown as { readonly message?: string };
  return new Pm500Error(
    'CONFIG_INVALID',
    `The JSONata mapping failed: ${message}; correct it in the settings of the node.`,
    {
      cause: thrown,
    },
  );
}

/**
 * A mapping that the user wrote in JSONata, which knows only the message and what Node-RED's own nodes give it. It ends
 * with an error when it runs longer than a second or without an end.
 * @throws Pm500Error CONFIG_INVALID when it is no JSONata
 */
export function jsonataMapping(RED: NodeAPI, node: Node, text: string): Mapping {
  const prepare = (): ReturnType<typeof RED.util.prepareJSONataExpression> => {
    try {
      return RED.util.prepareJSONataExpression(text, node);
    } catch (thrown) {
      throw failed(thrown);
    }
  };
  prepare();
  return (message) =>
    new Promise((resolve, reject) => {
      // One for each message: evaluations may overlap, and each has its own time.
      const expression = prepare();
      const startedAt = performance.now();
      let depth = 0;
      const enter = (): void => {
        depth++;
        if (depth > DEEPEST || performance.now() - startedAt > LONGEST_MS) {
          throw new Error(`it runs longer than ${LONGEST_MS / 1000} s or nests deeper than ${DEEPEST} steps`);
        }
      };
      const leave = (): void => {
        depth--;
      };
      const assign = expression.assign.bind(expression) as Assign;
      for (const name of ENTRY_NAMES) assign(name, enter);
      for (const name of EXIT_NAMES) assign(name, leave);
      RED.util.evaluateJSONataExpression(expression, message, (error: unknown, result: unknown) => {
        if (error === null || error === undefined) resolve(result);
        else reject(failed(error));
      });
    });
}
