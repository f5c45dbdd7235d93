import { parseArgs, type ParseArgsConfig } from 'node:util';
import { Pm500Error } from '../support/errors';
import { describeValue } from '../support/expect';
import {
  optionFor,
  type ChoiceSetting,
  type FlagSetting,
  type NumberSetting,
  type TextSetting,
} from '../support/setting';

/** One option of a subcommand; the help text is made of the same rows. */
export interface OptionRow {
  readonly name: string;
  /** What the value is called in the help; absent for a switch. */
  readonly value?: string;
  readonly help: string;
  /** True when it may be given several times. */
  readonly multiple?: boolean;
}

export interface NumberLimits {
  readonly min: number;
  readonly max: number;
  readonly whole?: boolean;
}

export const HELP_OPTION: OptionRow = { name: 'help', help: 'show this text' };

/** How an option differs from the setting that it stands for. */
export interface OptionWords {
  /** What the value is called in the help; a word for its kind where this says nothing. */
  readonly value?: string;
  /** Stands before the help of the setting, for instance the transport that it is for. */
  readonly context?: string;
  /** What counts where the option is left out, where that is not the default of the setting. */
  readonly otherwise?: string;
  readonly multiple?: boolean;
}

type OptionSetting = NumberSetting | TextSetting | FlagSetting | ChoiceSetting;

const VALUE_WORDS: Readonly<Partial<Record<OptionSetting['kind'], string>>> = {
  number: 'N',
  choice: 'NAME',
  text: 'TEXT',
};

function helpOf(setting: OptionSetting, { context, otherwise }: OptionWords): string {
  const { help = '' } = setting;
  const choices =
    setting.kind === 'choice' ? setting.options.map(({ value }) => value).filter((value) => value !== '') : [];
  const listed = choices.length === 0 ? help : `${help}: ${choices.join(', ')}`;
  const byDefault = otherwise ?? (setting.kind === 'flag' ? '' : String(setting.default));
  return `${context === undefined ? '' : `${context}: `}${listed}${byDefault === '' ? '' : ` (${byDefault})`}`;
}

/** The option that stands for a setting: its help says what may be given and what counts without it. */
export function optionOf(name: string, setting: OptionSetting, words: OptionWords = {}): OptionRow {
  const value = words.value ?? VALUE_WORDS[setting.kind];
  return {
    name,
    ...(value === undefined ? {} : { value }),
    help: helpOf(setting, words),
    ...(words.multiple === true ? { multiple: true } : {}),
  };
}

/** @throws Pm500Error CONFIG_INVALID, always: one sentence that names the option and the fix */
export function failUsage(sentence: string): never {
  throw new Pm500Error('CONFIG_INVALID', sentence);
}

/** The arguments of one subcommand, read by name. */
export class Options {
  private constructor(
    private readonly values: ReadonlyMap<string, readonly (string | boolean)[]>,
    readonly positionals: readonly string[],
  ) {}

  /**
   * @param command for the advice in sentences, for instance "pm500 sim"
   * @throws Pm500Error CONFIG_INVALID
   */
  static parse(command: string, rows: readonly OptionRow[], args: readonly string[]): Options {
    const options: NonNullable<ParseArgsConfig['options']> = {};
    for (const { name, value } of rows) {
      options[name] = { type: value === undefined ? 'boolean' : 'string', multiple: true };
      if (name === 'help') options[name].short = 'h';
    }
    const advice = `see ${command} --help.`;
    let parsed: ReturnType<typeof parseArgs>;
    try {
      parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    } catch (thrown) {
      return failUsage(describeParseError(thrown, advice));
    }
    const values = new Map<string, readonly (string | boolean)[]>();
    for (const { name, multiple } of rows) {
      const given = parsed.values[name];
      if (!Array.isArray(given)) continue;
      if (multiple !== true && given.length > 1 && name !== 'help') {
        failUsage(`Option --${name} is given ${given.length} times; give it once.`);
      }
      values.set(name, given);
    }
    return new Options(values, parsed.positionals);
  }

  has(name: string): boolean {
    return this.values.has(name);
  }

  /** All values of an option that may be given several times. */
  texts(name: string): readonly string[] {
    return (this.values.get(name) ?? []).map((value) => {
      if (value === '') failUsage(`Option --${name} is empty; give it a value.`);
      return String(value);
    });
  }

  text(name: string): string | undefined {
    return this.texts(name)[0];
  }

  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const found = choices.find((choice) => choice === text);
    return found ?? failUsage(`Option --${name} is ${describeValue(text)}; choose one of ${choices.join(', ')}.`);
  }

  /** One of those that a setting may have; undefined where the option is left out. */
  chosen<Value extends string | number>(name: string, setting: ChoiceSetting<Value>): Value | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const found = optionFor(setting, text);
    if (found !== undefined) return found.value;
    const choices = setting.options.map(({ value }) => String(value)).filter((value) => value !== '');
    return failUsage(`Option --${name} is ${describeValue(text)}; choose one of ${choices.join(', ')}.`);
  }

  number(name: string, limits: NumberLimits | NumberSetting): number | undefined {
    return this.numbers(name, limits)[0];
  }

  numbers(name: string, { min, max, whole = false }: NumberLimits): readonly number[] {
    return this.texts(name).map((text) => {
      const value = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
      if (value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
      const kind = whole ? 'a whole number' : 'a number';
      return failUsage(`Option --${name} is ${describeValue(text)}; give ${kind} from ${min} to ${max}.`);
    });
  }
}

function describeParseError(thrown: unknown, advice: string): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const option = /'(?:-\w, )?(--?[^\s'<=]+)/.exec(message)?.[1] ?? 'given';
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `Option ${option} is not known; ${advice}`;
  if (message.includes('does not take an argument')) return `Option ${option} takes no value; leave the value out.`;
  if (message.includes('ambiguous')) {
    return `Option ${option} needs a value; when the value begins with a dash, write ${option}=VALUE.`;
  }
  return `Option ${option} needs a value; ${advice}`;
}

/** The option rows as aligned text. */
export function describeOptions(rows: readonly OptionRow[]): string {
  const lines = rows.map(
    ({ name, value, help }) => [`--${name}${value === undefined ? '' : ` ${value}`}`, help] as const,
  );
  const width = Math.max(...lines.map(([left]) => left.length));
  return lines.map(([left, help]) => `  ${left.padEnd(width)}  ${help}\n`).join('');
}
