import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { Pm500Error, toPm500Error } from '../../src/support/errors';
import { isRecord } from '../../src/support/expect';

/** A user's own mapping of a message. */
export type Mapping = (message: NodeMessage) => Promise<unknown>;

/** An expression that runs longer was not meant to. */
const LONGEST_MS = 1000;
/**
 * Steps that have begun and not ended. Members of an object are worked out side by side, so that an honest mapping of all
 * metrics has some thousands of them; a recursion without an end would fill the memory before its time is over.
 */
const MOST_STEPS = 20_000;
/** No receiver takes more of one telemetry. */
const MOST_VALUES = 100_000;
const MOST_CHARACTERS = 10_000_000;
const TOO_LARGE = `its result has more than ${MOST_VALUES} values or ${MOST_CHARACTERS} characters`;

/** Names under which versions of JSONata look for a function that is called at every step. */
const ENTRY_NAMES = ['__evaluate_entry', Symbol.for('jsonata.__evaluate_entry')];
const EXIT_NAMES = ['__evaluate_exit', Symbol.for('jsonata.__evaluate_exit')];

type Assign = (name: string | symbol, value: unknown) => void;

function refuseEval(): never {
  throw new Error('$eval is switched off, because it would run what a message holds');
}

/** What is wrong with a result, as the end of a sentence; looks at no more of it than allowed. */
function findFault(result: unknown): string | undefined {
  let [values, characters] = [0, 0];
  const open = [result];
  while (open.length > 0) {
    const value = open.pop();
    values++;
    if (typeof value === 'string') characters += value.length;
    else if (typeof value === 'function' || (isRecord(value) && value['_jsonata_lambda'] === true)) {
      return 'it gives a function and no value';
    } else if (Array.isArray(value)) {
      if (value.length > MOST_VALUES) return TOO_LARGE;
      open.push(...(value as readonly unknown[]));
    } else if (isRecord(value) && !ArrayBuffer.isView(value)) open.push(...Object.values(value));
    if (values > MOST_VALUES || characters > MOST_CHARACTERS) return TOO_LARGE;
  }
  return undefined;
}

function failed(thrown: unknown): Pm500Error {
  // JSONata throws plain objects.
  const { message = toPm500Error(thrown).message } = thrown as { readonly message?: string };
  return new Pm500Error(
    'CONFIG_INVALID',
    `The JSONata mapping failed: ${message.replace(/\.$/, '')}; correct it in the settings of the node.`,
    {
      cause: thrown,
    },
  );
}

/**
 * A mapping that the user wrote in JSONata, which knows only the message and what Node-RED's own nodes give it. Only this
 * text is evaluated, never one that a message brings. It ends with an error when it runs longer than a second, without an
 * end, or gives more than any receiver takes.
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
        if (depth > MOST_STEPS || performance.now() - startedAt > LONGEST_MS) {
          throw new Error(`it runs longer than ${LONGEST_MS / 1000} s or has more than ${MOST_STEPS} steps at once`);
        }
      };
      const leave = (): void => {
        depth--;
      };
      const assign = expression.assign.bind(expression) as Assign;
      for (const name of ENTRY_NAMES) assign(name, enter);
      for (const name of EXIT_NAMES) assign(name, leave);
      assign('eval', refuseEval);
      RED.util.evaluateJSONataExpression(expression, message, (error: unknown, result: unknown) => {
        const fault = error === null || error === undefined ? findFault(result) : undefined;
        if (fault !== undefined) reject(failed(new Error(fault)));
        else if (error === null || error === undefined) resolve(result);
        else reject(failed(error));
      });
    });
}
