import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What a build is made of; of a folder that a file was taken out of the time changes, too. */
const SOURCES = ['src', 'nodes', 'tools', 'icons', 'flows', 'examples'];
const FILES = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];

/**
 * Whether nothing that a build is made of has changed since the last one ended.
 * @param last what it writes last, below the root
 */
export function isFresh(root: string, last: string): boolean {
  const stamp = join(root, last);
  if (!existsSync(stamp)) return false;
  const since = statSync(stamp).mtimeMs;
  const below = SOURCES.flatMap((folder) => [
    folder,
    ...readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
  ]);
  return [...below, ...FILES].every((path) => statSync(join(root, path)).mtimeMs <= since);
}
