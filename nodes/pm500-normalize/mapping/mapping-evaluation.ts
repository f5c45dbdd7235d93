import type { NodeAPI, NodeMessage } from 'node-red';
import { isRecord } from '../../../src/support/expect';
import { LONGEST_MS, type VariableSource } from './mapping-protocol';

/**
 * Steps that have begun and not ended. Members of an object are worked out side by side, so that an honest mapping of all
 * metrics has some thousands of them; a recursion without an end would fill the memory before its time is over.
 */
const MOST_STEPS = 20_000;
/** No receiver takes more of one telemetry. */
const MOST_VALUES = 100_000;
const MOST_CHARACTERS = 10_000_000;
const TOO_LARGE = `its result has more than ${MOST_VALUES} values or ${MOST_CHARACTERS} characters`;
/** Each question to Node-RED's process costs both of them time. */
const MOST_QUESTIONS = 1000;
/** Asking for the computing time costs as much as a step. */
const STEPS_PER_LOOK = 64;
const EXPRESSIONS_KEPT = 100;

/** Names under which versions of JSONata look for a function that is called at every step. */
const ENTRY_NAMES = ['__evaluate_entry', Symbol.for('jsonata.__evaluate_entry')];
const EXIT_NAMES = ['__evaluate_exit', Symbol.for('jsonata.__evaluate_exit')];

type Util = NodeAPI['util'];
type Expression = ReturnType<Util['prepareJSONataExpression']>;
type Assign = (name: string | symbol, value: unknown) => void;
/** Asks Node-RED's process. */
export type Ask = (source: VariableSource, args: readonly unknown[]) => Promise<unknown>;

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
      // An object that knows its own JSON, as a moment of time does, is packed as that.
    } else if (isRecord(value) && !ArrayBuffer.isView(value) && typeof value['toJSON'] !== 'function') {
      open.push(...Object.values(value));
    }
    if (values > MOST_VALUES || characters > MOST_CHARACTERS) return TOO_LARGE;
  }
  return undefined;
}

/** @throws what JSONata throws: plain objects */
export function evaluate(util: Util, expression: Expression, message: NodeMessage): Promise<unknown> {
  return new Promise((resolve, reject) => {
    util.evaluateJSONataExpression(expression, message, (error: Error | null | undefined, value: unknown) => {
      if (error === null || error === undefined) resolve(value);
      else reject(error);
    });
  });
}

/** What one evaluation has used up. */
class Allowance {
  private depth = 0;
  private steps = 0;
  private questions = 0;
  private readonly before = process.cpuUsage();

  readonly enter = (): void => {
    this.depth++;
    this.steps++;
    if (this.depth > MOST_STEPS || (this.steps % STEPS_PER_LOOK === 0 && this.computedMs > LONGEST_MS)) {
      throw new Error(`it runs longer than ${LONGEST_MS / 1000} s or has more than ${MOST_STEPS} steps at once`);
    }
  };

  readonly leave = (): void => {
    this.depth--;
  };

  countQuestion(): void {
    this.questions++;
    if (this.questions <= MOST_QUESTIONS) return;
    throw new Error(`it asks for more than ${MOST_QUESTIONS} values of contexts and environment`);
  }

  private get computedMs(): number {
    const { user, system } = process.cpuUsage(this.before);
    return (user + system) / 1000;
  }
}

/**
 * Evaluates JSONata as Node-RED's own nodes do, one message after the other. An expression ends with an error when it
 * runs longer than a second, has no end, or gives more than any receiver takes; what a single function of JSONata does
 * without looking at the time, the process around this has to end.
 */
export class Evaluation {
  private readonly expressions = new Map<string, Expression>();
  private allowance = new Allowance();

  constructor(
    private readonly util: Util,
    private readonly ask: Ask,
  ) {}

  /** @throws what JSONata throws, or an Error */
  async run(text: string, message: NodeMessage): Promise<unknown> {
    const expression = this.prepare(text);
    const allowance = new Allowance();
    this.allowance = allowance;
    const assign = expression.assign.bind(expression) as Assign;
    for (const name of ENTRY_NAMES) assign(name, allowance.enter);
    for (const name of EXIT_NAMES) assign(name, allowance.leave);
    const result = await evaluate(this.util, expression, message);
    const fault = findFault(result);
    if (fault !== undefined) throw new Error(fault);
    return result;
  }

  private prepare(text: string): Expression {
    const known = this.expressions.get(text);
    if (known !== undefined) return known;
    if (this.expressions.size >= EXPRESSIONS_KEPT) this.expressions.clear();
    const expression = this.util.prepareJSONataExpression(text, this.node as never);
    const assign = expression.assign.bind(expression) as Assign;
    assign('eval', refuseEval);
    assign('env', (name: unknown) => this.question('env', [name]));
    this.expressions.set(text, expression);
    return expression;
  }

  private async question(source: VariableSource, args: readonly unknown[]): Promise<unknown> {
    this.allowance.countQuestion();
    return this.ask(source, args);
  }

  /** As much of a node as JSONata of Node-RED asks for. */
  private get node(): unknown {
    const store = (source: VariableSource): unknown => ({
      get: (key: unknown, name: unknown, done: (error: unknown, value?: unknown) => void) => {
        this.question(source, [key, name]).then((value) => {
          done(null, value);
        }, done);
      },
    });
    return { context: () => ({ flow: store('flowContext'), global: store('globalContext') }) };
  }
}
