import { resolve } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { settingsIn, type Field } from '../../nodes/shared/field';
import { fieldsOf, NODE_TYPES, type NodeType } from '../../nodes/shared/forms';

/** What a saved flow may hold, as the doctor reads it: src/ knows no node. */
export const NODE_ROWS_FILE = resolve(__dirname, '../../src/doctor/flows/node-rows.ts');

const HEAD = `import type { SavedRow } from './saved-row';

/** Settings of the nodes, by type and name. Made by \`npx tsx tools/doctor/main.ts\` from the rows of the forms; do not edit. */
export const NODE_ROWS: Readonly<Record<string, Readonly<Record<string, SavedRow>>>> = `;

/** What of a field decides on a saved value; words, icons and sections do not. */
function rowOf({ setting, shownWhen }: Field): object {
  const when = shownWhen === undefined ? {} : { shownWhen };
  switch (setting.kind) {
    case 'number': {
      const { kind, default: byDefault, min, max } = setting;
      return { kind, default: byDefault, min, max, ...when };
    }
    case 'choice':
      return {
        kind: setting.kind,
        default: setting.default,
        values: setting.options.map(({ value }) => value),
        ...when,
      };
    case 'node':
      return { kind: setting.kind, default: setting.default, type: setting.type, ...when };
    case 'secret':
      return { kind: setting.kind, default: '', ...when };
    case 'choices':
    case 'code':
    case 'flag':
    case 'list':
    case 'numbers':
    case 'text': {
      const { kind, default: byDefault } = setting;
      const isRequired = 'required' in setting && setting.required;
      return { kind, default: byDefault, ...(isRequired ? { required: true } : {}), ...when };
    }
  }
}

const rowsOf = (type: NodeType): object =>
  Object.fromEntries(settingsIn(fieldsOf(type)).map(([name, field]) => [name, rowOf(field)]));

/** The file that holds them. */
export async function writeNodeRows(): Promise<string> {
  const rows = Object.fromEntries(NODE_TYPES.map((type) => [type, rowsOf(type)]));
  const options = await resolveConfig(NODE_ROWS_FILE);
  return format(`${HEAD}${JSON.stringify(rows)};\n`, { ...options, filepath: NODE_ROWS_FILE });
}
