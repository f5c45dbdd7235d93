import { hasCode, Pm500Error, toPm500Error } from '../../src/support/errors';
import { Expect, type UnknownRecord } from '../../src/support/expect';
import type { NodeType, PropertyOf } from './defaults';
import { migrateConfig } from './migrations';

/** What a number property may be; both ends belong to the range. */
export interface NumberRange {
  readonly min: number;
  readonly max: number;
  /** For the sentence, for instance "ms". */
  readonly unit?: string;
  /** True where fractions make no sense. */
  readonly whole?: boolean;
}

/** The range of TCP and UDP ports. */
export const PORT_RANGE: NumberRange = { min: 1, max: 65_535, whole: true };

/** Nodes that exist and refused their own settings. */
const refused = new WeakSet<object>();

/** Remembers a node that did not start because of its settings, so that nodes that use it send people there. */
export function noteRefused(node: object): void {
  refused.add(node);
}

/** Why there is no configuration node to use, and what to do. */
function missing(id: string, candidate: unknown): string {
  if (id === '') return 'is not chosen; choose one in the settings of the node';
  if (typeof candidate === 'object' && candidate !== null && refused.has(candidate)) {
    return 'names a configuration node that has wrong settings; correct them in that configuration node';
  }
  return 'names a configuration node that is missing, disabled or not ready; choose one in the settings of the node';
}

const ADVICE = 'correct it in the settings of the node.';

/**
 * Reads the properties of one node as the editor (or a hand, or an environment variable) left them: numbers may be
 * text, and missing properties have their defaults.
 * Every method throws Pm500Error CONFIG_INVALID with one sentence that names the node, the property and the fix.
 */
export class ConfigReader<Type extends NodeType> {
  private readonly expect = new Expect('CONFIG_INVALID', ADVICE);
  /** What is wrong so far, while `collect` is at work. */
  private problems: string[] | undefined;
  private readonly properties: UnknownRecord;

  constructor(
    private readonly type: Type,
    definition: unknown,
  ) {
    this.properties = migrateConfig(type, definition);
  }

  /**
   * Lets `work` read on after a property that is wrong, so that a person sees all of them at once.
   * @throws Pm500Error CONFIG_INVALID, one sentence with everything that is wrong; what `work` made then is never used
   */
  collect<Result>(work: () => Result): Result {
    const problems: string[] = [];
    this.problems = problems;
    let result: Result | undefined;
    try {
      result = work();
    } catch (thrown) {
      // What follows from a property that was wrong before is no news.
      if (problems.length === 0) throw thrown;
    } finally {
      this.problems = undefined;
    }
    if (problems.length === 0) return result as Result;
    const [first = '', ...others] = problems.map((problem) => problem.slice(0, -`; ${ADVICE}`.length));
    const prefix = this.path('').length;
    const advice = others.length === 0 ? ADVICE : 'correct them in the settings of the node.';
    const all = [first, ...new Set(others.map((each) => each.slice(prefix)))].join('; ');
    throw new Pm500Error('CONFIG_INVALID', `${all}; ${advice}`);
  }

  /** @param instead what reading goes on with while `collect` is at work */
  private attempt<Result>(read: () => Result, instead: Result): Result {
    try {
      return read();
    } catch (thrown) {
      if (this.problems === undefined || !hasCode(thrown, 'CONFIG_INVALID')) throw thrown;
      this.problems.push(toPm500Error(thrown).message);
      return instead;
    }
  }

  /** Text without surrounding spaces; may be empty. */
  text(property: PropertyOf<Type>): string {
    return this.attempt(() => this.expect.text(this.path(property), this.properties[property] ?? ''), '').trim();
  }

  /** Text that may not be empty. */
  requiredText(property: PropertyOf<Type>): string {
    const text = this.text(property);
    const refuse = (): string => this.expect.fail(this.path(property), text, 'text that is not empty');
    return text === '' ? this.attempt(refuse, text) : text;
  }

  number(property: PropertyOf<Type>, range: NumberRange): number {
    return this.attempt(() => this.toNumber(this.path(property), this.properties[property], range), range.min);
  }

  private toNumber(path: string, value: unknown, range: NumberRange): number {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    const { min, max, unit = '', whole = false } = range;
    const fits = typeof number === 'number' && number >= min && number <= max && (!whole || Number.isInteger(number));
    if (fits) return number;
    const kind = whole ? 'a whole number' : 'a number';
    return this.expect.fail(path, value, `${kind} from ${min} to ${max} ${unit}`.trimEnd());
  }

  port(property: PropertyOf<Type>): number {
    return this.number(property, PORT_RANGE);
  }

  /** A number, or undefined where the property is empty. */
  optionalNumber(property: PropertyOf<Type>, range: NumberRange): number | undefined {
    const value = this.properties[property];
    return typeof value === 'string' && value.trim() === '' ? undefined : this.number(property, range);
  }

  /** A port, or undefined where the property is empty. */
  optionalPort(property: PropertyOf<Type>): number | undefined {
    return this.optionalNumber(property, PORT_RANGE);
  }

  flag(property: PropertyOf<Type>): boolean {
    const value = this.properties[property];
    if (value === 'true' || value === 'false') return value === 'true';
    return this.attempt(() => this.expect.flag(this.path(property), value), false);
  }

  choice<Choice extends string>(property: PropertyOf<Type>, choices: readonly Choice[]): Choice {
    const choose = (): Choice => this.expect.choice(this.path(property), this.properties[property], choices);
    const [instead] = choices;
    return instead === undefined ? choose() : this.attempt(choose, instead);
  }

  /** A list of whatever the editor collected in it. */
  list(property: PropertyOf<Type>): readonly unknown[] {
    return this.expect.array(this.path(property), this.properties[property]);
  }

  /** Numbers by one of `names`; names that are left empty are left out. */
  numbersByName(property: PropertyOf<Type>, names: readonly string[], range: NumberRange): ReadonlyMap<string, number> {
    const path = this.path(property);
    const entries = Object.entries(this.expect.record(path, this.properties[property]));
    const numbers = new Map<string, number>();
    for (const [name, value] of entries) {
      if (value === '' || value === null) continue;
      this.expect.choice(`a name in ${path}`, name, names);
      numbers.set(name, this.toNumber(`${path}.${name}`, value, range));
    }
    return numbers;
  }

  /** Any of `choices`, perhaps none, without repetition, in their order. */
  choices<Choice extends string>(property: PropertyOf<Type>, choices: readonly Choice[]): readonly Choice[] {
    const path = this.path(property);
    const read = (): readonly Choice[] => {
      const listed = this.expect.array(path, this.properties[property]);
      return listed.map((value, index) => this.expect.choice(`${path}[${index}]`, value, choices));
    };
    const chosen = this.attempt(read, []);
    return choices.filter((choice) => chosen.includes(choice));
  }

  /** At least one of `choices`, without repetition, in their order. */
  choiceList<Choice extends string>(property: PropertyOf<Type>, choices: readonly Choice[]): readonly Choice[] {
    const chosen = this.choices(property, choices);
    if (chosen.length > 0) return chosen;
    return this.expect.fail(this.path(property), 'empty', `at least one of ${choices.join(', ')}`);
  }

  private path(property: string): string {
    const { name } = this.properties;
    const who = typeof name === 'string' && name !== '' ? `${this.type} "${name}"` : this.type;
    return `${who}: ${property}`;
  }

  /**
   * The configuration node that a property names, as `find` (RED.nodes.getNode) gives it.
   * @param accept tells whether what was found is the node that belongs there
   */
  node<Found>(
    property: PropertyOf<Type>,
    find: (id: string) => unknown,
    accept: (candidate: unknown) => candidate is Found,
  ): Found {
    const id = this.text(property);
    const candidate = id === '' ? undefined : find(id);
    if (accept(candidate)) return candidate;
    throw new Pm500Error('CONFIG_INVALID', `${this.path(property)} ${missing(id, candidate)}.`);
  }
}
