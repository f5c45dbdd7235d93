import { resolve } from 'node:path';
import { isRecord, type UnknownRecord } from '../../src/support/expect';
import { CONTRACTS, schemaFileOf } from './contracts';

export const MESSAGES_PAGE = resolve(__dirname, '../../docs/messages.md');

const HEAD = `# Messages

Made from the message contracts by \`npx tsx tools/messages/main.ts\`; do not edit. Each message is a \`payload\` that names its
contract in \`schema\`. The same as JSON Schema (draft 2020-12) is in the package, folder \`dist/schemas/\`. A later version may
add members: pass over those you do not know. Where something else in a contract changes, the number behind its name does.

\`[]\` stands for each of a list, \`<name>\` for each member of an object.
`;

type Row = readonly [path: string, kind: string, meaning: string];

const isAny = (schema: UnknownRecord): boolean => Array.isArray(schema['type']);

/** What stands at a place, in a few words. */
function kindOf(schema: UnknownRecord): string {
  const { type, enum: choices, const: only, anyOf, additionalProperties } = schema;
  if (typeof only === 'string') return `\`${only}\``;
  if (Array.isArray(anyOf))
    return anyOf.map((each: UnknownRecord) => (each['type'] === 'null' ? 'null' : kindOf(each))).join(' or ');
  if (Array.isArray(choices)) return choices.map((each) => (each === '' ? 'empty' : `\`${String(each)}\``)).join(', ');
  if (isAny(schema)) return 'number, text, true, false or null';
  if (type === 'boolean') return 'true or false';
  if (type === 'string') return 'text';
  if (type === 'integer') return schema['minimum'] === 0 ? 'count' : 'whole number';
  if (type === 'array') return 'list';
  return type === 'object' && isRecord(additionalProperties) ? 'object by name' : String(type);
}

/** The rows of what is below a place. */
function rowsBelow(path: string, schema: UnknownRecord): readonly Row[] {
  const { properties, items, additionalProperties, anyOf } = schema;
  if (Array.isArray(anyOf)) return anyOf.flatMap((each: UnknownRecord) => rowsBelow(path, each));
  if (isRecord(items))
    return isRecord(items['properties']) ? rowsBelow(`${path}[]`, items) : [rowOf(`${path}[]`, items, true)];
  if (isRecord(properties)) {
    const required = schema['required'] as readonly string[];
    return Object.entries(properties).flatMap(([name, member]) => {
      const below = path === '' ? name : `${path}.${name}`;
      const of = member as UnknownRecord;
      return [rowOf(below, of, required.includes(name)), ...rowsBelow(below, of)];
    });
  }
  if (!isRecord(additionalProperties)) return [];
  const below = `${path}.<name>`;
  return isRecord(additionalProperties['properties'])
    ? rowsBelow(below, additionalProperties)
    : [rowOf(below, additionalProperties, true)];
}

function rowOf(path: string, schema: UnknownRecord, isRequired: boolean): Row {
  const { description } = schema;
  const meaning = typeof description === 'string' ? description : '';
  return [`\`${path}\``, isRequired ? kindOf(schema) : `${kindOf(schema)}, or absent`, meaning.replaceAll('|', '\\|')];
}

/** docs/messages.md as it should be now. */
export function messagesPage(): string {
  const parts = CONTRACTS.map((contract) => {
    const { name, jsonSchema } = contract;
    const rows = rowsBelow('', jsonSchema).map((cells) => `| ${cells.join(' | ')} |`);
    const heading = `## ${name}\n\n${String(jsonSchema['title'])}: \`dist/schemas/${schemaFileOf(contract)}\`.`;
    return `${heading}\n\n| member | what it is | what it means |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
  });
  return [HEAD, ...parts].join('\n');
}
