import { createHash } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the sockets of a lock are: a folder, and how a socket in it is addressed. */
export interface LockPlace {
  readonly folder: string;
  address(name: string): string;
  close(): Promise<void>;
}

/** The address of a socket holds 104 bytes on some systems and 108 on others, the zero at its end included. */
const MOST_ADDRESS_BYTES = 103;
const LONGEST_NAME_BYTES = 'prepare-0123456789abcdef.sock'.length;

/** The folder itself; on Linux it is named through an open descriptor when its path is too long for a socket. */
export async function folderPlace(folder: string): Promise<LockPlace> {
  if (Buffer.byteLength(folder) + 1 + LONGEST_NAME_BYTES <= MOST_ADDRESS_BYTES) return plainPlace(folder);
  if (process.platform !== 'linux') return temporaryPlace(folder);
  const handle = await open(folder, 'r');
  return {
    folder,
    address: (name) => `/proc/self/fd/${handle.fd}/${name}`,
    close: () => handle.close(),
  };
}

/** For a folder that cannot hold sockets: one for temporary files, where only processes of this machine meet. */
export async function temporaryPlace(folder: string): Promise<LockPlace> {
  const place = join(tmpdir(), `pm500-outbox-${hash(folder)}`);
  await mkdir(place, { recursive: true });
  return plainPlace(place);
}

export function pipeAddress(folder: string): string {
  return `\\\\.\\pipe\\pm500-outbox-${hash(folder)}`;
}

/** Codes that say nothing of whether the file system has sockets. */
const NO_QUESTION_OF_SOCKETS = new Set([
  'EADDRINUSE',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'ENOENT',
  'ENOTDIR',
  'ENOSPC',
  'EROFS',
]);

/**
 * True for what file systems without sockets answer. Shares, FUSE and volumes of virtual machines have codes of their own
 * for it; whether files can be written there is found out when they are.
 */
export function isWithoutSockets(thrown: unknown): boolean {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' && /^(E[A-Z0-9]+|UNKNOWN)$/.test(code) && !NO_QUESTION_OF_SOCKETS.has(code);
}

function plainPlace(folder: string): LockPlace {
  return { folder, address: (name) => join(folder, name), close: () => Promise.resolve() };
}

function hash(folder: string): string {
  return createHash('sha256').update(folder).digest('hex').slice(0, 24);
}
