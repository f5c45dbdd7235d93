import { mkdir, open, readdir, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

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
  close(): Promise<void>;
}

/** Files only their owner may read: they hold what a site measures. */
const MODE = 0o600;
const FOLDER_MODE = 0o700;

class NodeFile implements OutboxFile {
  constructor(private readonly handle: FileHandle) {}

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

  close(): Promise<void> {
    return this.handle.close();
  }
}

/** A folder of the machine. */
export function nodeFiles(folder: string): OutboxFiles {
  return {
    prepare: async () => {
      await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    },
    list: () => readdir(folder),
    open: async (name) => new NodeFile(await open(join(folder, name), 'r+')),
    create: async (name) => new NodeFile(await open(join(folder, name), 'wx+', MODE)),
    remove: (name) => unlink(join(folder, name)),
    syncNames: async () => {
      // Windows cannot sync a folder, and does not need to.
      if (process.platform === 'win32') return;
      const handle = await open(folder, 'r');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    },
  };
}
