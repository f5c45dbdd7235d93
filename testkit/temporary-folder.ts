import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders = new Set<string>();
let isWatching = false;

function removeAll(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
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
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  folders.delete(folder);
}
