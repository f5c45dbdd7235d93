import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import { isRecord } from '../../src/support/expect';

/** A place for our files in the Node-RED user directory; undefined where Node-RED has none. */
export function ownPath(RED: NodeAPI, ...parts: readonly string[]): string | undefined {
  const settings: unknown = RED.settings;
  const userDir = isRecord(settings) ? settings['userDir'] : undefined;
  return typeof userDir === 'string' && userDir !== '' ? join(userDir, ...parts) : undefined;
}

/** The id of a node as the name of a folder of its own. */
export function folderNameOf(nodeId: string): string {
  // An id of dots alone would name another folder.
  return encodeURIComponent(nodeId).replace(/^\.+$/, (dots) => '%2E'.repeat(dots.length));
}
