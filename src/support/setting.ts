import type { ShownWhen } from './shown-when';

/**
 * A setting is declared once, as a row of plain data beside the code that uses it. The default, the field of a form, the
 * check in the browser and in the runtime, the column of a list, the option of a command and the table of the docs follow.
 */

/** One value to choose, with the words for it where the catalogs of the editor do not have them. */
export interface Option<Value extends string | number = string | number> {
  readonly value: Value;
  readonly label?: string;
  /** A second line, smaller. */
  readonly note?: string;
  /** How well it is known. */
  readonly badge?: string;
}

interface Described {
  /** One clause for help texts of commands and for the docs; no period. */
  readonly help?: string;
}

/** A number, both ends included; '' as the default means that it may be left empty. */
export interface NumberSetting<Default extends number | '' = number | ''> extends Described {
  readonly kind: 'number';
  readonly default: Default;
  readonly min: number;
  readonly max: number;
  /** True where fractions make no sense. */
  readonly whole?: boolean;
  /** SI symbol or a word, for sentences and behind the field. */
  readonly unit?: string;
}

export interface TextSetting extends Described {
  readonly kind: 'text';
  readonly default: string;
  /** True where it may not be empty. */
  readonly required?: boolean;
  /** Source of a regular expression for the trimmed text, for an early word in the browser; the parser of the text decides. */
  readonly pattern?: string;
}

/** JSON, or the path of a file with it, or JSONata: text in which `$` and braces have meanings of their own. */
export interface CodeSetting extends Described {
  readonly kind: 'code';
  readonly language: 'json' | 'jsonata';
  readonly default: string;
  readonly required?: boolean;
  /** Of JSON: what a form edits in rows. */
  readonly shape?: JsonShape;
}

export interface FlagSetting extends Described {
  readonly kind: 'flag';
  readonly default: boolean;
}

/** One of several values; where '' is one of them, nothing need be chosen. */
export interface ChoiceSetting<Value extends string | number = string | number> extends Described {
  readonly kind: 'choice';
  readonly default: Value;
  readonly options: readonly Option<Value>[];
  readonly unit?: string;
}

/** Any number of several values. */
export interface ChoicesSetting<Value extends string = string> extends Described {
  readonly kind: 'choices';
  readonly default: readonly Value[];
  readonly options: readonly Option<Value>[];
  /** True where at least one is needed. */
  readonly required?: boolean;
}

/** Numbers by name, each of which may be left out. */
export interface NumbersSetting extends Described {
  readonly kind: 'numbers';
  readonly default: Readonly<Record<string, never>>;
  readonly names: readonly string[];
  readonly of: NumberSetting;
}

/** Rows that a person adds; each has some of `columns`. */
export interface ListSetting extends Described {
  readonly kind: 'list';
  readonly default: readonly never[];
  readonly columns: Readonly<Record<string, Setting>>;
}

/** The id of a configuration node of a type. */
export interface NodeSetting extends Described {
  readonly kind: 'node';
  readonly type: string;
  readonly default: '';
  readonly required?: boolean;
}

/** What the credential store of Node-RED keeps, and no flow. */
export interface SecretSetting extends Described {
  readonly kind: 'secret';
  /** True for what may be seen while it is typed, such as a user name. */
  readonly isShown?: boolean;
  /** Source of a regular expression for the trimmed text, for an early word in the browser. */
  readonly pattern?: string;
}

/**
 * What JSON of a setting can hold, so that a form can edit it in rows. It judges nothing: the parser of the setting does, and
 * what a shape does not name stays as it stands.
 */
export interface JsonShape {
  /** Members of the object; none where the whole is a list. */
  readonly members: JsonMembers;
  /** Lists of objects by the member that holds each; `''` where the whole is one. */
  readonly lists: Readonly<Record<string, JsonMembers>>;
  /** One that the parser takes, to begin with. */
  readonly example: unknown;
}

/** Members of an object by name, in the order of the form. */
export type JsonMembers = Readonly<Record<string, JsonMember>>;

export interface JsonMember {
  readonly setting: TextSetting | NumberSetting | FlagSetting | ChoiceSetting | ChoicesSetting;
  /** True where an object without it is refused. */
  readonly isNeeded?: boolean;
  /** What it looks like, or what counts without it, in an empty input; the same in every language. */
  readonly hint?: string;
  /** Needs much room. */
  readonly isWide?: boolean;
  /** Elsewhere it has no meaning: hidden in the form while it holds nothing. */
  readonly shownWhen?: ShownWhen;
  /** The list among whose names it is one. */
  readonly namedIn?: string;
  /** Texts that it may be, beside others. */
  readonly suggests?: readonly string[];
  /** True for an array of texts, written in one line. */
  readonly isTexts?: boolean;
  /** True for a number, true or false, or a text. */
  readonly isScalar?: boolean;
}

export type Setting =
  | NumberSetting
  | TextSetting
  | CodeSetting
  | FlagSetting
  | ChoiceSetting
  | ChoicesSetting
  | NumbersSetting
  | ListSetting
  | NodeSetting
  | SecretSetting;

/** What reading a setting gives. */
export type ValueOf<Row extends Setting> =
  Row extends NumberSetting<infer Default>
    ? number extends Default
      ? number
      : Default extends ''
        ? number | undefined
        : number
    : Row extends ChoiceSetting<infer Value>
      ? Value
      : Row extends ChoicesSetting<infer Value>
        ? readonly Value[]
        : Row extends FlagSetting
          ? boolean
          : Row extends NumbersSetting
            ? ReadonlyMap<string, number>
            : Row extends ListSetting
              ? readonly unknown[]
              : string;

type Rest<Row extends Setting, Given extends keyof Row> = Omit<Row, 'kind' | 'default' | Given>;

/** A number that always has a value. */
export function number(byDefault: number, rest: Rest<NumberSetting, never>): NumberSetting<number> {
  return { kind: 'number', default: byDefault, ...rest };
}

/** A number that may be left empty. */
export function optionalNumber(rest: Rest<NumberSetting, never>): NumberSetting<''> {
  return { kind: 'number', default: '', ...rest };
}

export function text(byDefault = '', rest: Rest<TextSetting, never> = {}): TextSetting {
  return { kind: 'text', default: byDefault, ...rest };
}

export function requiredText(byDefault = '', rest: Rest<TextSetting, 'required'> = {}): TextSetting {
  return { kind: 'text', default: byDefault, required: true, ...rest };
}

export function code(language: CodeSetting['language'], rest: Rest<CodeSetting, 'language'> = {}): CodeSetting {
  return { kind: 'code', language, default: '', ...rest };
}

export function flag(byDefault = false, rest: Rest<FlagSetting, never> = {}): FlagSetting {
  return { kind: 'flag', default: byDefault, ...rest };
}

const isOption = <Value extends string | number>(given: Value | Option<Value>): given is Option<Value> =>
  typeof given === 'object';

function optionsOf<Value extends string | number>(given: readonly (Value | Option<Value>)[]): readonly Option<Value>[] {
  return given.map((each) => (isOption(each) ? each : { value: each }));
}

/** @param options values, or values with words; '' for none */
export function choice<const Value extends string | number>(
  byDefault: NoInfer<Value>,
  options: readonly (Value | Option<Value>)[],
  rest: Rest<ChoiceSetting, 'options'> = {},
): ChoiceSetting<Value> {
  return { kind: 'choice', default: byDefault, options: optionsOf(options), ...rest };
}

export function choices<const Value extends string>(
  byDefault: readonly NoInfer<Value>[],
  options: readonly (Value | Option<Value>)[],
  rest: Rest<ChoicesSetting, 'options'> = {},
): ChoicesSetting<Value> {
  return { kind: 'choices', default: byDefault, options: optionsOf(options), ...rest };
}

export function numbers(names: readonly string[], of: NumberSetting): NumbersSetting {
  return { kind: 'numbers', default: {}, names, of };
}

export function list(columns: Readonly<Record<string, Setting>>): ListSetting {
  return { kind: 'list', default: [], columns };
}

/** @param type of the configuration node */
export function nodeOf(type: string, rest: Rest<NodeSetting, 'type'> = {}): NodeSetting {
  return { kind: 'node', type, default: '', ...rest };
}

export function secret(rest: Rest<SecretSetting, never> = {}): SecretSetting {
  return { kind: 'secret', ...rest };
}

/** A token is one word: a space or a line break in it was copied by mistake. */
export const TOKEN_PATTERN = String.raw`^\S+$`;

/** A name or an address, without scheme, port, path and spaces; whether it is one, the parser says. */
export const HOST_PATTERN = String.raw`^(\[[0-9a-fA-F:.]+\]|[0-9a-fA-F]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*|[^\s/\\:@?#[\]]+)$`;

/** Four numbers with points between them; whether they are an address, the parser says. */
export const IPV4_PATTERN = String.raw`^\d{1,3}(\.\d{1,3}){3}$`;

/** A TCP or UDP port. */
export const PORT = { min: 1, max: 65_535, whole: true } as const;

/** True when a number, or a text that is one, fits; fractions are refused where they make no sense. */
export function fitsNumber({ min, max, whole = false }: NumberSetting, given: unknown): boolean {
  const isText = typeof given === 'string' && given.trim() !== '';
  const value = isText ? Number(given) : given;
  return typeof value === 'number' && value >= min && value <= max && (!whole || Number.isInteger(value));
}

/** True where some value is refused; the editor need not look at others. */
export function isJudged(setting: Setting): boolean {
  if (setting.kind === 'flag' || setting.kind === 'list') return false;
  if (setting.kind === 'secret') return setting.pattern !== undefined;
  if (setting.kind === 'node') return setting.required === true;
  return setting.kind !== 'text' || setting.required === true || setting.pattern !== undefined;
}

/** The option that a value names, whether it is written as text or as a number; undefined where there is none. */
export function optionFor<Value extends string | number>(
  { options }: { readonly options: readonly Option<Value>[] },
  given: unknown,
): Option<Value> | undefined {
  if (typeof given !== 'string' && typeof given !== 'number') return undefined;
  return options.find(({ value }) => String(value) === String(given));
}
