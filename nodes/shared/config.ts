import { hasCode, Pm500Error, toPm500Error } from '../../src/support/errors';
import { Expect, isRecord, type UnknownRecord } from '../../src/support/expect';
import type { NodeType, PropertyOf } from './defaults';
import { migrateConfig } from './migrations';
import { literalText, missingVariable, type PropertyKind } from './variables';

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
 * text, and missing properties have their defaults. An environment variable that is not set is refused by its name.
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

  /** @throws Pm500Error CONFIG_INVALID where a variable is left in the text */
  private known(path: string, value: unknown, kind: PropertyKind = 'word'): unknown {
    if (typeof value !== 'string') return value;
    const missingValue = missingVariable(value, kind);
    return missingValue === undefined ? literalText(value, kind) : this.expect.fail(path, value, missingValue);
  }

  private knownText(path: string, value: unknown, kind: PropertyKind): string {
    return this.attempt(() => this.expect.text(path, this.known(path, value, kind)), '');
  }

  /** Text without surrounding spaces; may be empty. `$${NAME}` in it is `${NAME}` itself, no variable. */
  text(property: PropertyOf<Type>): string {
    return this.knownText(this.path(property), this.properties[property] ?? '', 'text').trim();
  }

  /** JSON or JSONata without surrounding spaces; may be empty. */
  code(property: PropertyOf<Type>): string {
    return this.knownText(this.path(property), this.properties[property] ?? '', 'code').trim();
  }

  /**
   * A credential of the node, as it stands; empty where it was never set.
   * @param credentials what Node-RED gives: nothing at all where none were ever set
   */
  secret(credentials: unknown, name: string): string {
    const found = isRecord(credentials) ? credentials[name] : undefined;
    return typeof found === 'string' ? this.knownText(this.path(name), found, 'secret') : '';
  }

  /** Text that may not be empty. */
  requiredText(property: PropertyOf<Type>): string {
    return this.required(property, this.text(property));
  }

  /** JSON or JSONata that may not be empty. */
  requiredCode(property: PropertyOf<Type>): string {
    return this.required(property, this.code(property));
  }

  private required(property: PropertyOf<Type>, text: string): string {
    const refuse = (): string => this.expect.fail(this.path(property), text, 'text that is not empty');
    return text === '' ? this.attempt(refuse, text) : text;
  }

  number(property: PropertyOf<Type>, range: NumberRange): number {
    return this.attempt(() => this.toNumber(this.path(property), this.properties[property], range), range.min);
  }

  private toNumber(path: string, given: unknown, range: NumberRange): number {
    const value = this.known(path, given);
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
    return this.attempt(() => this.expect.flag(this.path(property), this.known(this.path(property), value)), false);
  }

  choice<Choice extends string>(property: PropertyOf<Type>, choices: readonly Choice[]): Choice {
    const path = this.path(property);
    const choose = (): Choice => this.expect.choice(path, this.known(path, this.properties[property]), choices);
    const [instead] = choices;
    return instead === undefined ? choose() : this.attempt(choose, instead);
  }

  /** A list of whatever the editor collected in it. */
  list(property: PropertyOf<Type>): readonly unknown[] {
    const path = this.path(property);
    const entries = this.expect.array(path, this.known(path, this.properties[property]));
    return entries.map((entry, index) => this.knownBelow(`${path}[${index}]`, entry));
  }

  /** The same, of everything in an entry of a list. */
  private knownBelow(path: string, value: unknown): unknown {
    if (Array.isArray(value)) return value.map((entry, index) => this.knownBelow(`${path}[${index}]`, entry));
    if (!isRecord(value)) return this.known(path, value, 'text');
    return Object.fromEntries(
      Object.entries(value).map(([name, below]) => [name, this.knownBelow(`${path}.${name}`, below)]),
    );
  }

  /** Numbers by one of `names`; names that are left empty are left out. */
  numbersByName(property: PropertyOf<Type>, names: readonly string[], range: NumberRange): ReadonlyMap<string, number> {
    const path = this.path(property);
    const entries = Object.entries(this.expect.record(path, this.known(path, this.properties[property])));
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
      const listed = this.expect.array(path, this.known(path, this.properties[property]));
      return listed.map((value, index) => {
        const place = `${path}[${index}]`;
        return this.expect.choice(place, this.known(place, value), choices);
      });
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
