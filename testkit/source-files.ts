import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root';

/** Paths of the files below a folder of the repository that end so, from its root. */
export function filesBelow(folder: string, ...endings: readonly string[]): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1));
}
