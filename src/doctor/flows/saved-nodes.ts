import { isRecord, type UnknownRecord } from '../../support/expect';
import { parseJson } from '../../support/read-text-file';
import { NODE_ROWS } from './node-rows';

/** A node of a flow that is not switched off, as it was saved. */
export interface SavedNode {
  readonly id: string;
  readonly type: string;
  /** For sentences: its name in quotes, else its type and id. */
  readonly label: string;
  /** Empty for a configuration node. */
  readonly flowId: string;
  /** Properties with defaults; variables have their values. */
  readonly values: UnknownRecord;
  /** Variables that its properties name and nobody has set. */
  readonly unset: readonly string[];
  /** Ids behind each output. */
  readonly wires: readonly (readonly string[])[];
}

/** What stands for `${NAME}`: of the flow first, else of the process that Node-RED is. */
export type Variables = (name: string) => string | undefined;

/** Flows larger than that are not those of a site. */
export const MOST_FLOW_BYTES = 50_000_000;
const MOST_NODES = 100_000;
const LONGEST_LABEL = 60;

/** A text that is nothing but a variable: what Node-RED replaces. */
const VARIABLE = /^\$(?:\{([^\s{}()"':\\]+)\}|\(([^\s{}()"':\\]+)\))$/;

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Variables that an entry of a flow file sets, by name. */
function environmentOf(entry: UnknownRecord): ReadonlyMap<string, string> {
  const list: readonly unknown[] = Array.isArray(entry['env']) ? entry['env'] : [];
  return new Map(
    list
      .filter(isRecord)
      .filter(({ value }) => typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      .map(({ name, value }) => [textOf(name), String(value)]),
  );
}

function labelOf(entry: UnknownRecord): string {
  const name = textOf(entry['name']).slice(0, LONGEST_LABEL);
  return name === '' ? `${textOf(entry['type'])} ${textOf(entry['id'])}` : `"${name}"`;
}

function wiresOf(entry: UnknownRecord): readonly (readonly string[])[] {
  const outputs: readonly unknown[] = Array.isArray(entry['wires']) ? entry['wires'] : [];
  return outputs.map((output) =>
    (Array.isArray(output) ? (output as readonly unknown[]) : []).filter((id) => typeof id === 'string'),
  );
}

function nodeOf(entry: UnknownRecord, variables: Variables): SavedNode {
  const unset: string[] = [];
  const known = (value: unknown): unknown => {
    const [, braces, parentheses] = typeof value === 'string' ? (VARIABLE.exec(value.trim()) ?? []) : [];
    const name = braces ?? parentheses;
    if (name === undefined) return value;
    const found = variables(name);
    if (found === undefined) unset.push(name);
    return found ?? value;
  };
  const type = textOf(entry['type']);
  const rows = NODE_ROWS[type] ?? {};
  const saved = Object.entries(entry).map(([name, value]) => [name, known(value)] as const);
  const byDefault = Object.entries(rows).map(([name, row]) => [name, row.default] as const);
  return {
    id: textOf(entry['id']),
    type,
    label: labelOf(entry),
    flowId: textOf(entry['z']),
    values: Object.fromEntries([...byDefault, ...saved]),
    unset: [...new Set(unset)],
    wires: wiresOf(entry),
  };
}

/** What of a flow file counts. */
export interface SavedNodes {
  /** Those that run. */
  readonly nodes: readonly SavedNode[];
  /** Types of everything that runs. */
  readonly types: ReadonlySet<string>;
  /** Ids of all nodes of the file, those that are switched off included. */
  readonly ids: ReadonlySet<string>;
}

/**
 * Reads the text of a flow file.
 * @param environment of the process that Node-RED is
 * @throws Error in a few words when it is none
 */
export function parseFlows(text: string, environment: Variables): SavedNodes {
  const parsed = parseJson(text);
  const list: unknown = isRecord(parsed) ? parsed['flows'] : parsed;
  if (!Array.isArray(list)) throw new Error('it holds no list of nodes');
  if (list.length > MOST_NODES) throw new Error(`it has more than ${MOST_NODES} nodes`);
  const entries = (list as readonly unknown[]).filter(isRecord);
  const flows = new Map(
    entries.filter(({ type }) => type === 'tab' || type === 'subflow').map((entry) => [entry['id'], entry]),
  );
  const everywhere = entries
    .filter(({ type }) => type === 'global-config')
    .map(environmentOf)
    .reduce((all, each) => new Map([...all, ...each]), new Map<string, string>());
  const runs = (entry: UnknownRecord): boolean => {
    const flow = flows.get(entry['z']);
    return entry['d'] !== true && flow?.['disabled'] !== true;
  };
  const running = entries.filter((entry) => !flows.has(entry['id']) && runs(entry));
  const nodes = running.map((entry) => {
    const flow = flows.get(entry['z']);
    const own = flow === undefined ? undefined : environmentOf(flow);
    return nodeOf(entry, (name) => own?.get(name) ?? everywhere.get(name) ?? environment(name));
  });
  return {
    nodes,
    types: new Set(nodes.map(({ type }) => type)),
    ids: new Set(entries.map(({ id }) => textOf(id))),
  };
}
