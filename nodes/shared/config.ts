import { Pm500Error } from '../../src/support/errors';
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

/**
 * Reads the properties of one node as the editor (or a hand, or an environment variable) left them: numbers may be
 * text, and missing properties have their defaults.
 * Every method throws Pm500Error CONFIG_INVALID with one sentence that names the node, the property and the fix.
 */
export class ConfigReader<Type extends NodeType> {
  private readonly expect = new Expect('CONFIG_INVALID', 'correct it in the settings of the node.');
  private readonly properties: UnknownRecord;

  constructor(
    private readonly type: Type,
    definition: unknown,
  ) {
    this.properties = migrateConfig(type, definition);
  }

  /** Text without surrounding spaces; may be empty. */
  text(property: PropertyOf<Type>): string {
    return this.expect.text(this.path(property), this.properties[property] ?? '').trim();
  }

  /** Text that may not be empty. */
  requiredText(property: PropertyOf<Type>): string {
    const text = this.text(property);
    return text === '' ? this.expect.fail(this.path(property), text, 'text that is not empty') : text;
  }

  number(property: PropertyOf<Type>, range: NumberRange): number {
    return this.toNumber(this.path(property), this.properties[property], range);
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

  /** A port, or undefined where the property is empty. */
  optionalPort(property: PropertyOf<Type>): number | undefined {
    const value = this.properties[property];
    return typeof value === 'string' && value.trim() === '' ? undefined : this.port(property);
  }

  flag(property: PropertyOf<Type>): boolean {
    const value = this.properties[property];
    if (value === 'true' || value === 'false') return value === 'true';
    return this.expect.flag(this.path(property), value);
  }

  choice<Choice extends string>(property: PropertyOf<Type>, choices: readonly Choice[]): Choice {
    return this.expect.choice(this.path(property), this.properties[property], choices);
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
    const listed = this.expect.array(path, this.properties[property]);
    const chosen = listed.map((value, index) => this.expect.choice(`${path}[${index}]`, value, choices));
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
