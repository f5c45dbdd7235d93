import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders = new Set<string>();
let isWatching = false;

/** What was ended a moment ago may write its last into a folder while that is removed; each time it waits 100 ms more. */
const REMOVAL = { recursive: true, force: true, maxRetries: 8 } as const;

function removeAll(): void {
  for (const folder of folders)
    try {
      rmSync(folder, REMOVAL);
    } catch (thrown) {
      // What is left behind is no reason for a suite to fail at its very end.
      console.error(`${folder} could not be removed: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    }
}

/** An empty folder that is gone, at the latest, when this process ends. */
export function temporaryFolder(name: string): string {
  if (!isWatching) process.once('exit', removeAll);
  isWatching = true;
  const folder = mkdtempSync(join(tmpdir(), `pm500-${name}-`));
  folders.add(folder);
  return folder;
}

export function removeFolder(folder: string): void {
  rmSync(folder, REMOVAL);
  folders.delete(folder);
}
