import { hasCode, Pm500Error, toPm500Error } from '../../src/support/errors';
import { Expect, isRecord, type UnknownRecord } from '../../src/support/expect';
import { fitsNumber, optionFor, type NumberSetting, type Setting, type ValueOf } from '../../src/support/setting';
import { isShown, type Field } from './field';
import { fieldsOf, type FieldsOf, type NodeType } from './forms';
import { migrateConfig } from './migrations';
import { literalText, missingVariable, type PropertyKind } from './variables';

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
    return 'points to a configuration node whose settings are wrong; correct them there';
  }
  return 'names a configuration node that is missing, disabled or not ready; choose one in the settings of the node';
}

/** Names of the settings of a type that are of one of these kinds. */
type PropertyOf<Type extends NodeType, Kind extends Setting['kind']> = {
  [Name in keyof FieldsOf<Type>]: FieldsOf<Type>[Name] extends Field<infer Row>
    ? Row extends { readonly kind: Kind }
      ? Name
      : never
    : never;
}[keyof FieldsOf<Type>] &
  string;

/** What reading a setting of a type gives. */
type ValueAt<Type extends NodeType, Name extends keyof FieldsOf<Type>> =
  FieldsOf<Type>[Name] extends Field<infer Row> ? ValueOf<Row> : never;

interface Row<Kind extends Setting['kind']> {
  readonly setting: Extract<Setting, { readonly kind: Kind }>;
  /** False where it has no meaning beside what else is set. */
  readonly counts: boolean;
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

  /** Lets `work` read on after a property that is wrong, and says nothing of it: for who only hears what else is wrong. */
  passOver<Result>(work: () => Result): Result {
    this.problems = [];
    try {
      return work();
    } finally {
      this.problems = undefined;
    }
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

  /** The row of a property, and whether it has a meaning beside what else is set. */
  private fieldOf<Kind extends Setting['kind']>(property: string, ...kinds: readonly Kind[]): Row<Kind> {
    const field = fieldsOf(this.type)[property];
    if (field?.setting === undefined || !kinds.some((kind) => kind === field.setting.kind))
      throw new TypeError(`${this.type} has no ${kinds.join(' or ')} called ${property}.`);
    const counts = isShown(field, (other) => this.properties[other]);
    return { setting: field.setting as Extract<Setting, { readonly kind: Kind }>, counts };
  }

  /**
   * Text without surrounding spaces; empty only where it may be, or has no meaning. In plain text `$${NAME}` is `${NAME}`
   * itself, no variable.
   */
  text(property: PropertyOf<Type, 'text' | 'code' | 'node'>): string {
    const { setting, counts } = this.fieldOf(property, 'text', 'code', 'node');
    if (!counts) return '';
    const path = this.path(property);
    const found = this.knownText(
      path,
      this.properties[property] ?? '',
      setting.kind === 'code' ? 'code' : 'text',
    ).trim();
    const refuse = (): string => this.expect.fail(path, found, 'text that is not empty');
    return found === '' && setting.required === true ? this.attempt(refuse, found) : found;
  }

  /**
   * A credential of the node, as it stands; empty where it was never set.
   * @param credentials what Node-RED gives: nothing at all where none were ever set
   */
  secret(credentials: unknown, name: PropertyOf<Type, 'secret'>): string {
    const found = isRecord(credentials) ? credentials[name] : undefined;
    return typeof found === 'string' ? this.knownText(this.path(name), found, 'secret') : '';
  }

  /** A number; undefined where it may be left empty and is. */
  number<Property extends PropertyOf<Type, 'number'>>(property: Property): ValueAt<Type, Property> {
    const { setting, counts } = this.fieldOf(property, 'number');
    const given = this.properties[property];
    const isEmpty = setting.default === '' && typeof given === 'string' && given.trim() === '';
    const byDefault = setting.default === '' ? undefined : setting.default;
    const read = (): number => this.attempt(() => this.toNumber(this.path(property), given, setting), setting.min);
    return (counts && !isEmpty ? read() : byDefault) as ValueAt<Type, Property>;
  }

  private toNumber(path: string, given: unknown, setting: NumberSetting): number {
    const value = this.known(path, given);
    if (fitsNumber(setting, value)) return Number(value);
    const { min, max, unit = '', whole = false } = setting;
    const kind = whole ? 'a whole number' : 'a number';
    return this.expect.fail(path, value, `${kind} from ${min} to ${max} ${unit}`.trimEnd());
  }

  flag(property: PropertyOf<Type, 'flag'>): boolean {
    const { setting, counts } = this.fieldOf(property, 'flag');
    if (!counts) return setting.default;
    const value = this.properties[property];
    if (value === 'true' || value === 'false') return value === 'true';
    return this.attempt(() => this.expect.flag(this.path(property), this.known(this.path(property), value)), false);
  }

  choice<Property extends PropertyOf<Type, 'choice'>>(property: Property): ValueAt<Type, Property> {
    const { setting, counts } = this.fieldOf(property, 'choice');
    const path = this.path(property);
    const choose = (): unknown => {
      const value = this.known(path, this.properties[property]);
      const found = optionFor(setting, value);
      if (found !== undefined) return found.value;
      return this.expect.choice(
        path,
        value,
        setting.options.map((option) => String(option.value)),
      );
    };
    return (counts ? this.attempt(choose, setting.default) : setting.default) as ValueAt<Type, Property>;
  }

  /** A list of whatever the editor collected in it. */
  list(property: PropertyOf<Type, 'list'>): readonly unknown[] {
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

  /** Numbers by name; names that are left empty are left out. */
  numbers(property: PropertyOf<Type, 'numbers'>): ReadonlyMap<string, number> {
    const { setting } = this.fieldOf(property, 'numbers');
    const path = this.path(property);
    const entries = Object.entries(this.expect.record(path, this.known(path, this.properties[property])));
    const numbers = new Map<string, number>();
    for (const [name, value] of entries) {
      if (value === '' || value === null) continue;
      this.expect.choice(`a name in ${path}`, name, setting.names);
      numbers.set(name, this.toNumber(`${path}.${name}`, value, setting.of));
    }
    return numbers;
  }

  /** Those that are chosen, without repetition, in the order in which they are offered. */
  choices<Property extends PropertyOf<Type, 'choices'>>(property: Property): ValueAt<Type, Property> {
    const { setting } = this.fieldOf(property, 'choices');
    const path = this.path(property);
    const all = setting.options.map(({ value }) => value);
    const read = (): readonly string[] => {
      const listed = this.expect.array(path, this.known(path, this.properties[property]));
      return listed.map((value, index) => {
        const place = `${path}[${index}]`;
        return this.expect.choice(place, this.known(place, value), all);
      });
    };
    const listed = this.attempt(read, []);
    const chosen = all.filter((choice) => listed.includes(choice));
    if (setting.required === true && chosen.length === 0)
      this.expect.fail(path, 'empty', `at least one of ${all.join(', ')}`);
    return chosen as unknown as ValueAt<Type, Property>;
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
    property: PropertyOf<Type, 'node'>,
    find: (id: string) => unknown,
    accept: (candidate: unknown) => candidate is Found,
  ): Found {
    const id = this.knownText(this.path(property), this.properties[property] ?? '', 'text').trim();
    const candidate = id === '' ? undefined : find(id);
    if (accept(candidate)) return candidate;
    throw new Pm500Error('CONFIG_INVALID', `${this.path(property)} ${missing(id, candidate)}.`);
  }
}
