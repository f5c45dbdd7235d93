import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** Files and folders only their owner may read: they hold what a site measures. */
const MODE = 0o600;
const FOLDER_MODE = 0o700;

/** Windows cannot sync a folder, and does not need to. */
const SYNCS_FOLDERS = process.platform !== 'win32';

/** Makes the names in a folder safe from a power loss. */
export async function syncFolder(folder: string): Promise<void> {
  if (!SYNCS_FOLDERS) return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function syncFolderNow(folder: string): void {
  if (!SYNCS_FOLDERS) return;
  const file = openSync(folder, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** The folders whose names changed when `folder` was made; `first` is the outermost that was not there. */
function changedFolders(folder: string, first: string | undefined): readonly string[] {
  if (first === undefined) return [];
  const top = dirname(resolve(first));
  const changed: string[] = [];
  for (let parent = dirname(resolve(folder)); parent.length >= top.length; parent = dirname(parent)) {
    changed.push(parent);
    if (parent === dirname(parent)) break;
  }
  return changed;
}

/** Makes a folder and those above it, each name safe from a power loss. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  for (const changed of changedFolders(folder, first)) await syncFolder(changed);
}

/**
 * Replaces a file as a whole: after a power loss it is the old one or the new one, and the new one once the promise has
 * resolved. Folders that are missing are made.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  await makeFolder(dirname(path));
  await rm(`${path}.new`, { force: true });
  const file = await open(`${path}.new`, 'w', MODE);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  await syncFolder(dirname(path));
}

/** The same before it returns, for what has to be on the disk before anything is sent. */
export function replaceFileNow(path: string, text: string): void {
  const folder = dirname(path);
  const first = mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  for (const changed of changedFolders(folder, first)) syncFolderNow(changed);
  // What a run before, or a backup, has left there keeps its mode when it is written over, and may be a link to elsewhere.
  rmSync(`${path}.new`, { force: true });
  const file = openSync(`${path}.new`, 'wx', MODE);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.new`, path);
  syncFolderNow(folder);
}
