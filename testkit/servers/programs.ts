import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where system services stand on Debian; not on the PATH of every user. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/sbin'];

/** The path of an installed program, or undefined. */
export function lookUpProgram(...names: readonly string[]): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...SYSTEM_FOLDERS].filter(Boolean);
  const paths = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * The path of an installed program.
 * @throws Error saying what to install
 */
export function findProgram(...names: readonly string[]): string {
  const path = lookUpProgram(...names);
  if (path === undefined) throw new Error(`${names.join(' or ')} is not installed; "npm test" says how to install it.`);
  return path;
}
