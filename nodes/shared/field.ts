import type { Setting } from '../../src/support/setting';
import { holds, type ShownWhen } from '../../src/support/shown-when';

/** Where a value is checked: the other values of the form, with their defaults, and the folder of relative paths. */
export interface CheckPlace {
  readonly valueOf: (property: string) => unknown;
  readonly resolve: (path: string) => string;
}

/**
 * What the runtime does with a value when the node starts, tried for a form; text comes trimmed, lists as they are.
 * @throws Pm500Error one sentence for a person
 */
export type FieldCheck = (value: unknown, place: CheckPlace) => unknown;

/** How a setting stands in a form; the words come from the catalog, under its name. */
export interface FieldLook {
  /** Name of a Font Awesome 4 icon, without `fa-`. */
  readonly icon?: string;
  /** Heading under which it stands; fields without one come first. */
  readonly section?: string;
  /** True: in the row of the field before it. */
  readonly beside?: boolean;
  /** True for a choice or a text that needs little room; numbers are short anyway. */
  readonly short?: boolean;
  /** True: the script of the form fills an empty box with what edits it, and saves it. */
  readonly isCustom?: boolean;
  /** The custom field whose place edits this one too. */
  readonly editedIn?: string;
  /** Elsewhere it has no meaning: hidden in the form, not checked, and read as its default. */
  readonly shownWhen?: ShownWhen;
  /**
   * Where nothing of these holds nothing uses it: hidden in the form while it is as it is by default. It is read and
   * checked all the same, so that a saved flow means what it meant.
   */
  readonly usedWhen?: readonly ShownWhen[];
  /** Where its tip has a meaning, if not wherever the field has. */
  readonly tipWhen?: ShownWhen;
  /** Stays on the server: what the browser cannot judge. */
  readonly check?: FieldCheck;
  /** True where the server judges it, by a check of its own or together with others. */
  readonly isChecked?: boolean;
}

/** A setting of a node. */
export interface Field<Row extends Setting = Setting> extends FieldLook {
  readonly setting: Row;
}

/** A place of a form that its script fills, such as a button; nothing is saved. */
export interface Widget extends FieldLook {
  readonly setting?: never;
}

/** What a node has, in the order of its form. */
export type Fields = Readonly<Record<string, Field | Widget>>;

export function field<Row extends Setting>(setting: Row, look: FieldLook = {}): Field<Row> {
  return { setting, ...look };
}

export function widget(look: FieldLook = {}): Widget {
  return { ...look };
}

/** A check of text that may be empty. */
export function given(check: (text: string, place: CheckPlace) => unknown): FieldCheck {
  return (value, place) => (typeof value !== 'string' || value === '' ? undefined : check(value, place));
}

/** True where a field has a meaning. */
export function isShown({ shownWhen }: FieldLook, valueOf: (property: string) => unknown): boolean {
  return holds(shownWhen, valueOf);
}

/** Inputs give text for numbers. */
const plain = (value: unknown): string => JSON.stringify(typeof value === 'number' ? String(value) : value);

/** True where something uses a field, or it is not as it is by default. */
export function isUsed(
  { usedWhen, setting }: FieldLook & Partial<Field>,
  value: unknown,
  valueOf: (property: string) => unknown,
): boolean {
  if (usedWhen === undefined || usedWhen.some((condition) => holds(condition, valueOf))) return true;
  return setting !== undefined && setting.kind !== 'secret' && plain(value) !== plain(setting.default);
}

/** The fields that hold a setting, in order. */
export function settingsIn(fields: Fields): readonly (readonly [name: string, field: Field])[] {
  return Object.entries(fields).filter((entry): entry is [string, Field] => entry[1].setting !== undefined);
}

/** How Node-RED keeps each secret: what it may give to the editor, and what it tells nobody. */
export type SecretKinds = Readonly<Record<string, { readonly type: 'text' | 'password' }>>;

/** What the credential store of Node-RED has of a type. */
export function secretsIn(fields: Fields): SecretKinds {
  const secrets = settingsIn(fields).flatMap(([name, { setting }]) =>
    setting.kind === 'secret' ? [[name, { type: setting.isShown === true ? 'text' : 'password' }] as const] : [],
  );
  return Object.fromEntries(secrets);
}

/** A type of node: what it can be set to, and how its form is ordered. */
export interface NodeForm<Rows extends Fields = Fields> {
  /** True for a configuration node. */
  readonly isConfig: boolean;
  /** Sections that are folded at first. */
  readonly folded?: readonly string[];
  readonly fields: Rows;
}

export function nodeForm<const Rows extends Fields>(form: NodeForm<Rows>): NodeForm<Rows> {
  return form;
}

/** The facts of a type that the build writes into its form. */
export interface FormFacts {
  readonly type: string;
  readonly category: string;
  /** Absent for a configuration node. */
  readonly color?: string;
  readonly configVersion: number;
  readonly fields: Fields;
}
