import { resolve } from 'node:path';
import type { SavedNode } from './saved-nodes';
import { textOf } from './saved-site';

/** The client ID, or the identity that has it; empty where each connection makes one of its own. */
export function clientOf(node: SavedNode): string {
  const id = textOf(node, 'clientId') || textOf(node, 'clientid');
  return id === '' ? identityOf(node) : id;
}

/** Folder of the identity that a client bears in place of an ID; empty where it has none. */
export function identityOf(node: SavedNode): string {
  const folder = textOf(node, 'identityFolder');
  return folder === '' ? '' : resolve(folder);
}
