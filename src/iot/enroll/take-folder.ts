import { statSync, type Stats } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { lockFolder, type Release } from '../../outbox/folder-lock';
import { hasCode, Pm500Error } from '../../support/errors';
import { makeFolder } from '../../support/safe-files';

const ROOT_ID = 0;

/** The folder, or the one above it that is there. */
function nearest(folder: string): { readonly path: string; readonly stats: Stats } {
  for (let path = resolve(folder); ; path = dirname(path)) {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats !== undefined) return { path, stats };
  }
}

/** What is written belongs to who writes it, and only its owner can read it: by another user Node-RED would lose its key. */
function checkOwner(folder: string, ownId: number | undefined): void {
  if (ownId === undefined) return;
  const { path, stats } = nearest(folder);
  if (stats.uid === ownId) return;
  // Who is not root may make a folder of its own wherever the system allows it.
  if (path !== resolve(folder) && ownId !== ROOT_ID) return;
  throw new Pm500Error(
    'CONFIG_INVALID',
    `The folder ${path} belongs to the user ${stats.uid}, and this program runs as ${ownId}, whose files that user could not read; run it as its owner, for instance by sudo -u '#${stats.uid}'.`,
  );
}

/**
 * Makes this process the only one that changes the identity of a folder, which is made where it is missing.
 * @param ownId of the user of this process; undefined where the system has no such thing
 * @throws Pm500Error CONFIG_INVALID where the folder belongs to somebody else, IDENTITY_IN_USE
 */
export async function takeFolder(folder: string, ownId: number | undefined): Promise<Release> {
  checkOwner(folder, ownId);
  await makeFolder(folder);
  try {
    return await lockFolder(folder);
  } catch (thrown) {
    if (!hasCode(thrown, 'OUTBOX_IN_USE')) throw thrown;
    throw new Pm500Error(
      'IDENTITY_IN_USE',
      `Another program (pm500 cloud, or an iot-target of Node-RED) works in the folder ${folder}; wait until it has ended its step, and try again.`,
      { cause: thrown, retryable: true },
    );
  }
}
