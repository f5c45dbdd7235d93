import { resolve } from 'node:path';
import { settingsIn, type Field } from '../../nodes/shared/field';
import { fieldsOf, NODE_TYPES, type NodeType } from '../../nodes/shared/forms';
import type { Setting } from '../../src/support/setting';
import { catalogOf } from '../forms/form';
import type { Catalog } from '../forms/html';
import { table } from '../markdown';

const ROOT = resolve(__dirname, '../..');

export const SETTINGS_PAGE = resolve(ROOT, 'docs/settings.md');

const HEAD = `# Every setting

Made from the rows that forms, nodes and commands use by \`npx tsx tools/settings/main.ts\`; do not edit. The names are those
of a saved flow, which may leave out what equals the default. A text, a number, a choice, a flag or a credential may be an
environment variable, \`\${NAME}\`; so may each entry of a list.
`;

const code = (value: unknown): string => (value === '' ? '' : `\`${String(value)}\``);

function textOf(catalog: Catalog, ...path: readonly string[]): string {
  const found = path.reduce<string | Catalog | undefined>(
    (at, part) => (typeof at === 'object' ? at[part] : undefined),
    catalog,
  );
  return typeof found === 'string' ? found : '';
}

/** What may stand there. */
function valuesOf(setting: Setting): string {
  switch (setting.kind) {
    case 'number': {
      const { min, max, whole = false, unit = '' } = setting;
      return `${min} to ${max}${unit === '' ? '' : ` ${unit}`}${whole ? ', whole' : ''}`;
    }
    case 'choice':
    case 'choices':
      return setting.options
        .map(({ value }) => code(value))
        .join(', ')
        .replace(/^, /, '');
    case 'flag':
      return 'true or false';
    case 'numbers':
      return `numbers by name, ${valuesOf(setting.of)}`;
    case 'list':
      return 'rows';
    case 'node':
      return `a ${setting.type} node`;
    case 'code':
      return setting.language === 'json' ? 'JSON, or the path of a file with it' : 'JSONata';
    case 'secret':
      return 'a credential, in no flow';
    case 'text':
      return setting.required === true ? 'text, needed' : 'text';
  }
}

function defaultOf(setting: Setting): string {
  if (setting.kind === 'secret') return '';
  const { default: byDefault } = setting;
  if (Array.isArray(byDefault)) return byDefault.map(code).join(', ');
  return typeof byDefault === 'object' ? '' : code(byDefault);
}

function describe(catalog: Catalog, name: string, { setting }: Field): string {
  const said = textOf(catalog, 'tip', name) || (setting.help ?? '');
  return said.replaceAll('|', '\\|').replace(/\.$/, '');
}

function sectionOf(type: NodeType): string {
  const catalog = catalogOf(ROOT, type);
  const rows = settingsIn(fieldsOf(type)).map(([name, field]) => [
    code(name),
    textOf(catalog, 'label', name).replaceAll('|', '\\|'),
    describe(catalog, name, field),
    valuesOf(field.setting),
    defaultOf(field.setting),
  ]);
  const heading = ['setting', 'in the form', 'what it does', 'values', 'default'];
  return `## ${type}\n\n${table(heading, rows)}`;
}

/** The page with every setting of every node. */
export function writeSettingsPage(): string {
  return `${[HEAD.trimEnd(), ...NODE_TYPES.map(sectionOf)].join('\n\n')}\n`;
}
