import type { SavedMeters } from './saved-meters';
import type { SavedNode, SavedNodes } from './saved-nodes';

/** What Node-RED was set up to do. */
export interface SavedSite extends SavedNodes, SavedMeters {
  /** Of the flow file. */
  readonly path: string;
  /** Secrets of a node, for connections and comparisons: never part of a sentence. Undefined where nothing is known. */
  readonly secretsOf: (id: string) => Readonly<Record<string, string>> | undefined;
}

export const nodesOf = ({ nodes }: Pick<SavedSite, 'nodes'>, ...types: readonly string[]): readonly SavedNode[] =>
  nodes.filter(({ type }) => types.includes(type));

/** A property as text; empty where it is none. */
export function textOf({ values }: SavedNode, name: string): string {
  const value = values[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
}

/** A property as a number; NaN where it is none. */
export const numberOf = (node: SavedNode, name: string): number => {
  const text = textOf(node, name);
  return text === '' ? Number.NaN : Number(text);
};

export function isOn({ values }: SavedNode, name: string): boolean {
  return values[name] === true || values[name] === 'true';
}
