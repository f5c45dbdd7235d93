import { randomBytes } from 'node:crypto';
import { readdir, realpath, rename, stat, unlink } from 'node:fs/promises';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Pm500Error } from '../support/errors';
import { folderPlace, isWithoutSockets, pipeAddress, temporaryPlace, type LockPlace } from './lock-place';
import { answerWith, askOwner, describeProcess, type Owner } from './lock-owner';

/** Makes this process the only one to use a folder, until the returned function is called. */
export type LockFolder = (folder: string) => Promise<Release>;
export type Release = () => Promise<void>;

/*
 * The owner of a folder listens on a socket in it, under a name of its own. The kernel ends that when the process ends,
 * however it ends; a socket file that nobody listens on is removed by who finds it, and as no name comes twice nobody
 * can remove the wrong one. Who wants the folder first shows its own socket, then looks for others: of two that come at
 * once at least one sees the other. Sockets in the folder, not process ids: containers that share a volume have process
 * ids of their own but one kernel.
 */
const SHOWN = /^owner-[0-9a-f]{16}\.sock$/;
const HIDDEN = /^prepare-[0-9a-f]{16}\.sock$/;
const HIDDEN_IS_STALE_AFTER_MS = 60_000;
/** Two that came at once both step back and try again, each after a time of its own. */
const ATTEMPTS = 8;
const STEP_BACK_MS = 60;

/** @throws Pm500Error OUTBOX_IN_USE */
export const lockFolder: LockFolder = async (folder) => {
  const real = await realpath(folder);
  if (process.platform === 'win32') return lockPipe(real);
  for (let attempt = 1; ; attempt++) {
    const result = await tryLock(real);
    if (typeof result === 'function') return result;
    if (result.isOwner || attempt === ATTEMPTS) throw inUse(real, result.who);
    await wait(Math.random() * STEP_BACK_MS * attempt);
  }
};

async function tryLock(folder: string): Promise<Release | Owner> {
  try {
    return await tryPlace(await folderPlace(folder));
  } catch (thrown) {
    if (!isWithoutSockets(thrown)) throw thrown;
    return tryPlace(await temporaryPlace(folder));
  }
}

async function tryPlace(place: LockPlace): Promise<Release | Owner> {
  const key = randomBytes(8).toString('hex');
  const hidden = `prepare-${key}.sock`;
  const shown = `owner-${key}.sock`;
  const own = { isOwner: false, who: describeProcess() };
  const server = answerWith(own);
  const release = async (): Promise<void> => {
    await ignoreMissing(unlink(join(place.folder, shown)));
    await closeServer(server);
    await place.close();
  };
  try {
    await listen(server, place.address(hidden));
    // Shown only now that it listens: a socket that does not answer is taken for one left behind.
    await rename(join(place.folder, hidden), join(place.folder, shown));
    const other = await findOther(place, shown);
    own.isOwner = other === undefined;
    if (other === undefined) return release;
    await release();
    return other;
  } catch (thrown) {
    await release();
    throw thrown;
  }
}

async function findOther(place: LockPlace, own: string): Promise<Owner | undefined> {
  for (const name of await readdir(place.folder)) {
    const path = join(place.folder, name);
    if (HIDDEN.test(name)) await removeOld(path);
    if (!SHOWN.test(name) || name === own) continue;
    const owner = await askOwner(place.address(name));
    if (owner !== undefined) return owner;
    await ignoreMissing(unlink(path));
  }
  return undefined;
}

/** Who has a folder open, a name each, for who only looks: nothing of it is touched. */
export async function ownersOf(folder: string): Promise<readonly string[]> {
  const real = await realpath(folder);
  if (process.platform === 'win32') {
    const owner = await askOwner(pipeAddress(real));
    return owner === undefined ? [] : [owner.who];
  }
  const names = (await readdir(real)).filter((name) => SHOWN.test(name));
  if (names.length === 0) return [];
  const place = await folderPlace(real);
  try {
    const owners = await Promise.all(names.map((name) => askOwner(place.address(name))));
    return [...new Set(owners.flatMap((owner) => (owner === undefined ? [] : [owner.who])))];
  } finally {
    await place.close();
  }
}

async function removeOld(path: string): Promise<void> {
  await ignoreMissing(
    stat(path).then(async ({ mtimeMs }) => {
      if (Date.now() - mtimeMs > HIDDEN_IS_STALE_AFTER_MS) await unlink(path);
    }),
  );
}

/** On Windows a pipe of that name exists exactly as long as its process. */
async function lockPipe(folder: string): Promise<Release> {
  const server = answerWith({ isOwner: true, who: describeProcess() });
  const address = pipeAddress(folder);
  try {
    await listen(server, address);
  } catch (thrown) {
    if (!isCode(thrown, 'EADDRINUSE')) throw thrown;
    throw inUse(folder, (await askOwner(address))?.who ?? 'another process');
  }
  return () => closeServer(server);
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path }, () => {
      server.off('error', reject);
      server.on('error', () => undefined);
      server.unref();
      resolve();
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}

async function ignoreMissing(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (thrown) {
    if (!isCode(thrown, 'ENOENT')) throw thrown;
  }
}

function isCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === code;
}

function inUse(folder: string, who: string): Pm500Error {
  const message = `The outbox in ${folder} is in use by ${who}: two writers would mix up what was delivered; end the other one, or give this one a folder of its own.`;
  return new Pm500Error('OUTBOX_IN_USE', message, { retryable: true });
}
