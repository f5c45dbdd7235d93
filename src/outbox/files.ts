import { constants } from 'node:fs';
import { chmod, open, readdir, stat, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, syncFolder } from '../support/safe-files';

/**
 * What the outbox on disk asks of a file system: one folder, files read and written at given places, and a word on when
 * they are safe. Tests pass one that loses, tears and refuses.
 */
export interface OutboxFiles {
  /** Makes the folder when it is not there. */
  prepare(): Promise<void>;
  list(): Promise<readonly string[]>;
  /** Opens a file that is there, to read and write. */
  open(name: string): Promise<OutboxFile>;
  /** Makes a file that must not be there yet. */
  create(name: string): Promise<OutboxFile>;
  remove(name: string): Promise<void>;
  /** Makes names that were created safe from a power loss. */
  syncNames(): Promise<void>;
}

export interface OutboxFile {
  size(): Promise<number>;
  /** Fills `target` from `offset` of the file, as far as it reaches; returns how many bytes there were. */
  read(target: Buffer, offset: number): Promise<number>;
  /** Writes all of `bytes`; when it throws, any part of them may be there. */
  write(bytes: Buffer, offset: number): Promise<void>;
  truncate(size: number): Promise<void>;
  /** Makes what was written safe from a power loss. */
  sync(): Promise<void>;
  /** False when its name leads elsewhere now: file or folder were removed or moved, or something is mounted over them. */
  isInPlace(): Promise<boolean>;
  close(): Promise<void>;
}

/** Files only their owner may read: they hold what a site measures. */
const MODE = 0o600;
/** Whoever may write into the folder could exchange its files. */
const WRITABLE_BY_OTHERS = 0o022;
/** A file of the outbox that is a symbolic link was put there by somebody else; Windows has no such flag. */
const OPEN_FLAGS = constants.O_RDWR | ((constants as { O_NOFOLLOW?: number }).O_NOFOLLOW ?? 0);

class NodeFile implements OutboxFile {
  /** Device and number of the file: its own as long as it is open. */
  private identity: { readonly dev: bigint; readonly ino: bigint } | undefined;

  constructor(
    private readonly handle: FileHandle,
    private readonly path: string,
  ) {}

  async size(): Promise<number> {
    return (await this.handle.stat()).size;
  }

  async read(target: Buffer, offset: number): Promise<number> {
    let filled = 0;
    while (filled < target.length) {
      const { bytesRead } = await this.handle.read(target, filled, target.length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled;
  }

  async write(bytes: Buffer, offset: number): Promise<void> {
    for (let written = 0; written < bytes.length;) {
      written += (await this.handle.write(bytes, written, bytes.length - written, offset + written)).bytesWritten;
    }
  }

  truncate(size: number): Promise<void> {
    return this.handle.truncate(size);
  }

  sync(): Promise<void> {
    return this.handle.datasync();
  }

  async isInPlace(): Promise<boolean> {
    const own = (this.identity ??= await this.handle.stat({ bigint: true }));
    try {
      const named = await stat(this.path, { bigint: true });
      return named.dev === own.dev && named.ino === own.ino;
    } catch {
      return false;
    }
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

/** Makes the folder when it is not there; it is never open to others. */
async function prepare(folder: string): Promise<void> {
  await makeFolder(folder);
  const { mode, uid } = await stat(folder);
  if (process.getuid?.() === uid && (mode & WRITABLE_BY_OTHERS) !== 0) {
    await chmod(folder, mode & 0o777 & ~WRITABLE_BY_OTHERS);
  }
}

/** A folder of the machine. */
export function nodeFiles(folder: string): OutboxFiles {
  return {
    prepare: () => prepare(folder),
    list: () => readdir(folder),
    open: async (name) => new NodeFile(await open(join(folder, name), OPEN_FLAGS), join(folder, name)),
    create: async (name) => new NodeFile(await open(join(folder, name), 'wx+', MODE), join(folder, name)),
    remove: (name) => unlink(join(folder, name)),
    syncNames: () => syncFolder(folder),
  };
}
