import { readFileSync } from 'node:fs';
import { parse } from 'smol-toml';
import { AGENT, MODBUS_FIELD, PLUGINS, TELEGRAF_VERSION, type FreeTable, type OptionKind, type Table } from './options';

/** A table of a configuration, checked: every key is known and of its kind. */
export type Settings = Readonly<Record<string, unknown>>;

export interface Plugin {
  readonly name: string;
  readonly settings: Settings;
}

/** A configuration as Telegraf has read it. */
export interface Configuration {
  readonly agent: Settings;
  readonly inputs: readonly Plugin[];
  readonly processors: readonly Plugin[];
  readonly outputs: readonly Plugin[];
}

export type Environment = Readonly<Record<string, string | undefined>>;

function refuse(sentence: string): never {
  throw new Error(`Telegraf ${TELEGRAF_VERSION} would refuse the configuration: ${sentence}`);
}

/** Puts environment variables into a text: the forms that docs/CONFIGURATION.md, Environment Variables, lists. */
function withVariables(text: string, environment: Environment): string {
  return text.replace(
    /\$\{(\w+)(?:(:?[-?])([^}\n]*))?\}/g,
    (found: string, name: string, kind?: string, word?: string): string => {
      const value = environment[name];
      const isThere = value !== undefined && (value !== '' || kind?.startsWith(':') !== true);
      if (isThere) return value;
      if (kind === undefined) return found;
      return kind.endsWith('?') ? refuse(`required variable ${name} is missing a value: ${word ?? ''}`) : (word ?? '');
    },
  );
}

/**
 * Puts variables into every text below a value. Since 1.38 that is done after the file was parsed (config/envvar.go,
 * substituteEnvironmentStrict), so a number cannot be one, whatever docs/CONFIGURATION.md still says.
 */
function filled(value: unknown, environment: Environment): unknown {
  if (typeof value === 'string') return withVariables(value, environment);
  if (Array.isArray(value)) return value.map((each) => filled(each, environment));
  if (!isTable(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, filled(each, environment)]));
}

const FITS: Readonly<Record<OptionKind, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  duration: (value) => typeof value === 'string' && /^(\d+(\.\d+)?(ns|us|ms|s|m|h))+$/.test(value),
  size: (value) => typeof value === 'number' || (typeof value === 'string' && /^\d+([KMG]i?)?B$/.test(value)),
  whole: (value) => Number.isSafeInteger(value),
  number: (value) => typeof value === 'number' && Number.isFinite(value),
  flag: (value) => typeof value === 'boolean',
  texts: (value) => Array.isArray(value) && value.every((each) => typeof each === 'string'),
  tables: (value) => Array.isArray(value) && value.every(isTable),
};

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isFree(table: Table | FreeTable): table is FreeTable {
  return 'values' in table;
}

function check(path: string, given: unknown, table: Table | FreeTable): void {
  if (!isTable(given)) refuse(`${path} is no table`);
  for (const [key, value] of Object.entries(given)) {
    const where = `${path}.${key}`;
    if (isFree(table)) {
      if (!FITS[table.values](value)) refuse(`${where} is no ${table.values}`);
      continue;
    }
    const below = Object.hasOwn(table.tables ?? {}, key) ? table.tables?.[key] : undefined;
    const kind = Object.hasOwn(table.options, key) ? table.options[key] : undefined;
    if (below !== undefined) {
      const each: readonly unknown[] = Array.isArray(value) ? value : [value];
      each.forEach((one, index) => {
        check(each.length > 1 ? `${where}[${index}]` : where, one, below);
      });
    } else if (kind === undefined) refuse(`${where} is an option that it does not know (${table.source})`);
    else if (!FITS[kind](value)) refuse(`${where} is no ${kind}`);
    else if (kind === 'tables') {
      for (const field of value as readonly unknown[]) check(where, field, MODBUS_FIELD);
    }
  }
}

function pluginsOf(kind: keyof typeof PLUGINS, given: unknown): readonly Plugin[] {
  if (given === undefined) return [];
  if (!isTable(given)) refuse(`${kind} is no table`);
  return Object.entries(given).flatMap(([name, instances]) => {
    const table = PLUGINS[kind][name];
    if (table === undefined) return refuse(`${kind}.${name} is no plugin that is known here`);
    if (!Array.isArray(instances)) return refuse(`${kind}.${name} stands in single brackets; a plugin stands in two`);
    return (instances as readonly unknown[]).map((settings): Plugin => {
      check(`${kind}.${name}`, settings, table);
      return { name, settings: settings as Settings };
    });
  });
}

/**
 * Reads a configuration as Telegraf does: TOML, variables, then every option against the list of its plugin.
 * @throws Error for what Telegraf would not start with
 */
export function readConfiguration(text: string, environment: Environment = {}): Configuration {
  const root = filled(parse(text), environment) as Record<string, unknown>;
  const { agent = {}, inputs, processors, outputs, global_tags: globalTags, ...others } = root;
  for (const name of Object.keys(others)) refuse(`${name} is no section that is known here`);
  if (globalTags !== undefined) refuse('global_tags are not known here');
  check('agent', agent, AGENT);
  return {
    agent: agent as Settings,
    inputs: pluginsOf('inputs', inputs),
    processors: pluginsOf('processors', processors),
    outputs: pluginsOf('outputs', outputs),
  };
}

export function readConfigurationFile(path: string, environment: Environment = {}): Configuration {
  return readConfiguration(readFileSync(path, 'utf8'), environment);
}

/** An option that is a text; the default of the plugin where the configuration does not say it. */
export function textOf(settings: Settings, name: string, usual = ''): string {
  const value = settings[name];
  return typeof value === 'string' ? value : usual;
}

export function flagOf(settings: Settings, name: string): boolean {
  return settings[name] === true;
}

export function numberOf(settings: Settings, name: string, usual = 0): number {
  const value = settings[name];
  return typeof value === 'number' ? value : usual;
}

export function textsOf(settings: Settings, name: string): readonly string[] {
  const value = settings[name];
  return Array.isArray(value) ? (value as readonly string[]) : [];
}

/** A table of texts by name. */
export function tagsOf(settings: Settings, name = 'tags'): Readonly<Record<string, string>> {
  const value = settings[name];
  return isTable(value) ? (value as Record<string, string>) : {};
}

/** Tables of a name that may stand several times. */
export function tablesOf(settings: Settings, name: string): readonly Settings[] {
  const value = settings[name];
  if (Array.isArray(value)) return value as readonly Settings[];
  return isTable(value) ? [value] : [];
}
