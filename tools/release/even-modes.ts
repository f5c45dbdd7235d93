import { chmodSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const EXECUTABLE = 0o755;
const PLAIN = 0o644;

/**
 * Gives all files below `path` the mode that a clone with umask 022 has: npm packs modes as they are, and whoever has
 * another umask would make another package of the same files. What may be executed stays so.
 * @param except paths that are left alone, with all below: what is not packed may be secret
 */
export function evenModes(path: string, except: readonly string[]): void {
  if (except.includes(path)) return;
  const found = lstatSync(path);
  if (found.isDirectory()) for (const name of readdirSync(path)) evenModes(join(path, name), except);
  if (!found.isFile()) return;
  const wanted = (found.mode & 0o100) === 0 ? PLAIN : EXECUTABLE;
  if ((found.mode & 0o777) !== wanted) chmodSync(path, wanted);
}
