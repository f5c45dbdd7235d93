import { readdirSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { getHeapStatistics } from 'node:v8';
import type { NodeAPI } from 'node-red';
import type { OutboxKind } from '../shared/outbox-kinds';
import { folderNameOf, ownPath } from '../shared/user-dir';

/** Of what is free: other programs, other sinks and Node-RED itself write to the same disk. */
const DISK_SHARE = 0.25;
/** Of the most that the memory of this process may become. */
const MEMORY_SHARE = 0.125;
/** A store that holds less is of no use; where even this does not fit, writing fails and is said. */
const LEAST_BYTES = 20_000_000;

/** Bytes of all files below a folder; 0 where there is none. */
function bytesBelow(folder: string): number {
  try {
    return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return sum + bytesBelow(path);
      return entry.isFile() ? sum + statSync(path).size : sum;
    }, 0);
  } catch {
    return 0;
  }
}

/** Bytes that are free where a folder is, or will be made; 0 where nobody can tell. */
function freeBytes(folder: string): number {
  for (let path = folder; ; path = dirname(path)) {
    try {
      const { bavail, bsize } = statfsSync(path);
      return bavail * bsize;
    } catch {
      if (dirname(path) === path) return 0;
    }
  }
}

/**
 * How much a store may take that is to last as long as values may wait: a share of the disk, what it holds already
 * included, so that it is the same before and during an outage; never less than it holds.
 */
export function automaticStoreBytes(RED: NodeAPI, nodeId: string, kind: OutboxKind): number {
  const folders = ['outbox', 'outbox-absent'].map((name) => ownPath(RED, 'pm500', name, folderNameOf(nodeId)));
  const [folder] = folders;
  if (kind === 'memory' || folder === undefined) {
    return Math.max(LEAST_BYTES, Math.floor(getHeapStatistics().heap_size_limit * MEMORY_SHARE));
  }
  const held = folders.reduce((sum, each) => sum + (each === undefined ? 0 : bytesBelow(each)), 0);
  return Math.max(LEAST_BYTES, held, Math.floor((freeBytes(folder) + held) * DISK_SHARE));
}
