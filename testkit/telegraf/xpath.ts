import { Tokens } from './xpath-tokens';
import type { DocumentNode } from './document';

/** What an expression gives. */
export type XPathValue = readonly DocumentNode[] | string | number | boolean;

/** Where an expression is evaluated: the node it begins at, and the one that a path with a leading slash begins at. */
interface Context {
  readonly node: DocumentNode;
  readonly root: DocumentNode;
}

type Expression = (context: Context) => XPathValue;

/** The part of XPath 1.0 that the configurations use; anything else is refused rather than guessed. */
const FUNCTIONS: Readonly<Record<string, (values: readonly XPathValue[], context: Context) => XPathValue>> = {
  name: ([set], { node }) => (set === undefined ? node : nodesOf(set)[0])?.name ?? '',
  not: ([value]) => !truthOf(value ?? false),
  count: ([set]) => nodesOf(set ?? '').length,
  concat: (values) => values.map(textOf).join(''),
  contains: ([text, part]) => textOf(text ?? '').includes(textOf(part ?? '')),
  'starts-with': ([text, beginning]) => textOf(text ?? '').startsWith(textOf(beginning ?? '')),
  string: ([value], { node }) => textOf(value ?? [node]),
};

function nodesOf(value: XPathValue): readonly DocumentNode[] {
  if (typeof value === 'object') return value;
  throw new Error(`XPath: ${JSON.stringify(value)} is no set of nodes.`);
}

function textOf(value: XPathValue): string {
  return typeof value === 'object' ? (value[0]?.text ?? '') : String(value);
}

function numberOf(text: string): number {
  return text.trim() === '' ? NaN : Number(text);
}

function truthOf(value: XPathValue): boolean {
  if (typeof value === 'object') return value.length > 0;
  return typeof value === 'number' ? value !== 0 && !Number.isNaN(value) : Boolean(value);
}

/** True where any node equals (or differs) (XPath 1.0, 3.4). Two sets, and booleans, github.com/antchfx/xpath does otherwise. */
function compare(left: XPathValue, right: XPathValue, isEqual: boolean): boolean {
  if (typeof left !== 'object' || typeof right === 'object' || typeof right === 'boolean') {
    throw new Error('XPath: here only a path is compared, with a text or a number.');
  }
  return left.some(({ text }) => ((typeof right === 'number' ? numberOf(text) : text) === right) === isEqual);
}

class Parser {
  private readonly tokens: Tokens;

  constructor(text: string) {
    this.tokens = new Tokens(text);
  }

  whole(): Expression {
    const expression = this.either();
    if (!this.tokens.isAtEnd) throw this.tokens.fault('the end');
    return expression;
  }

  private either(): Expression {
    let left = this.both();
    while (this.tokens.takeWord('or')) {
      const [first, second] = [left, this.both()];
      left = (context) => truthOf(first(context)) || truthOf(second(context));
    }
    return left;
  }

  private both(): Expression {
    let left = this.equality();
    while (this.tokens.takeWord('and')) {
      const [first, second] = [left, this.equality()];
      left = (context) => truthOf(first(context)) && truthOf(second(context));
    }
    return left;
  }

  private equality(): Expression {
    const left = this.union();
    const isEqual = this.tokens.take('=');
    if (!isEqual && !this.tokens.take('!=')) return left;
    const right = this.union();
    return (context) => compare(left(context), right(context), isEqual);
  }

  private union(): Expression {
    let left = this.operand();
    while (this.tokens.take('|')) {
      const [first, second] = [left, this.operand()];
      left = (context) => [...new Set([...nodesOf(first(context)), ...nodesOf(second(context))])];
    }
    return left;
  }

  private operand(): Expression {
    const literal = this.tokens.takeText();
    if (literal !== undefined) return () => literal;
    const number = this.tokens.takeNumber();
    if (number !== undefined) return () => number;
    if (this.tokens.take('(')) {
      const inner = this.either();
      this.tokens.expect(')');
      return inner;
    }
    const call = this.tokens.takeCall();
    return call === undefined ? this.path() : this.call(call);
  }

  private call(name: string): Expression {
    const apply = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (apply === undefined) throw new Error(`XPath: ${name}() is not known here.`);
    const given: Expression[] = [];
    if (!this.tokens.take(')')) {
      do given.push(this.either());
      while (this.tokens.take(','));
      this.tokens.expect(')');
    }
    return (context) =>
      apply(
        given.map((each) => each(context)),
        context,
      );
  }

  private path(): Expression {
    const isAbsolute = this.tokens.take('/');
    const steps: ((context: Context) => readonly DocumentNode[])[] = [];
    if (!isAbsolute || this.tokens.isStep) {
      do steps.push(this.step());
      while (this.tokens.take('/'));
    }
    return ({ node, root }) =>
      steps.reduce<readonly DocumentNode[]>(
        (nodes, step) => [...new Set(nodes.flatMap((each) => step({ node: each, root })))],
        [isAbsolute ? root : node],
      );
  }

  private step(): (context: Context) => readonly DocumentNode[] {
    const test = this.tokens.takeStep();
    const predicates: Expression[] = [];
    while (this.tokens.take('[')) {
      predicates.push(this.either());
      this.tokens.expect(']');
    }
    return ({ node, root }) =>
      predicates.reduce(
        (nodes, predicate) =>
          nodes.filter((each) => {
            const value = predicate({ node: each, root });
            // github.com/antchfx/xpath counts positions behind other predicates in ways of its own.
            if (typeof value === 'number') throw new Error('XPath: positions are not known here.');
            return truthOf(value);
          }),
        this.nodesAt(node, test),
      );
  }

  private nodesAt(node: DocumentNode, test: string): readonly DocumentNode[] {
    if (test === '.') return [node];
    if (test === '..') return node.parent === undefined ? [] : [node.parent];
    return node.children.filter(({ name }) => test === '*' || name === test);
  }
}

const compiled = new Map<string, Expression>();

/**
 * Evaluates an expression. A path with a leading slash begins at `root`, wherever it stands in the expression.
 * @throws Error for what is not known here
 */
export function evaluate(expression: string, node: DocumentNode, root: DocumentNode): XPathValue {
  let run = compiled.get(expression);
  if (run === undefined) {
    run = new Parser(expression).whole();
    compiled.set(expression, run);
  }
  return run({ node, root });
}
