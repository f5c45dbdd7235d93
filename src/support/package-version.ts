import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord } from './expect';

/** The package's version; its manifest stands above src, and above dist when built. */
export function packageVersion(): string {
  for (const root of ['../..', '../../..']) {
    try {
      const manifest: unknown = JSON.parse(readFileSync(join(__dirname, root, 'package.json'), 'utf8'));
      if (isRecord(manifest) && typeof manifest['version'] === 'string') return manifest['version'];
    } catch {
      // Not there: the other place is tried.
    }
  }
  return 'unknown';
}
