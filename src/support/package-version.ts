import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord } from './expect';

/** The folder of the package and its version; its manifest stands above src, and above dist when built. */
function findPackage(): { readonly folder: string; readonly version: string } | undefined {
  for (const root of ['../..', '../../..']) {
    const folder = join(__dirname, root);
    try {
      const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      if (isRecord(manifest) && typeof manifest['version'] === 'string')
        return { folder, version: manifest['version'] };
    } catch {
      // Not there: the other place is tried.
    }
  }
  return undefined;
}

/** The package's version. */
export const packageVersion = (): string => findPackage()?.version ?? 'unknown';

/** Where the package is, for whoever runs what it brings; that of Debian's npm where it cannot be found. */
export const packageFolder = (): string =>
  findPackage()?.folder ?? '/usr/lib/node_modules/@pm500/node-red-powermonitor';
