import type { OutboxFile, OutboxFiles } from '../../src/outbox/files';
import type { Random } from '../../src/support/random';

interface Inode {
  /** What a process reads. */
  content: Buffer;
  /** What is on the disk. */
  safe: Buffer;
  /** Writes since the last sync: each may reach the disk, or a part of it, or not. */
  unsafe: { readonly offset: number; readonly bytes: Buffer }[];
}

export type FileOperation =
  'open' | 'create' | 'read' | 'write' | 'truncate' | 'sync' | 'syncNames' | 'remove' | 'list';

export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

/**
 * A file system in memory that keeps apart what a process sees and what the disk has. A power loss keeps of unsynced
 * writes what chance decides, torn and out of order, and of unsynced names likewise.
 */
export class MemoryFiles {
  names = new Map<string, Inode>();
  /** Throws where the operation is to fail. */
  fault: (operation: FileOperation, name: string) => void = () => undefined;
  /** Of a write that fails, so many bytes are written all the same. */
  writtenOfFailed = 0;
  private safeNames = new Map<string, Inode>();
  private life = 0;
  private mourn = (): void => undefined;
  /** Resolves when the process of now has died. */
  died: Promise<void> = Promise.resolve();

  /** The files as one process has them: of no use any more once it has died. */
  process(): OutboxFiles {
    const life = ++this.life;
    this.died = new Promise((resolve) => (this.mourn = resolve));
    const check = async (operation: FileOperation, name = ''): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve));
      if (life === this.life) this.fault(operation, name);
      // The dead learn nothing any more.
      if (life !== this.life) await new Promise(() => undefined);
    };
    const file = (name: string, inode: Inode): OutboxFile => this.file(name, inode, check);
    return {
      prepare: () => Promise.resolve(),
      list: async () => {
        await check('list');
        return [...this.names.keys()];
      },
      open: async (name) => {
        await check('open', name);
        const inode = this.names.get(name);
        if (inode === undefined) throw systemError('ENOENT');
        return file(name, inode);
      },
      create: async (name) => {
        await check('create', name);
        if (this.names.has(name)) throw systemError('EEXIST');
        const inode = { content: Buffer.alloc(0), safe: Buffer.alloc(0), unsafe: [] };
        this.names.set(name, inode);
        return file(name, inode);
      },
      remove: async (name) => {
        await check('remove', name);
        if (!this.names.delete(name)) throw systemError('ENOENT');
      },
      syncNames: async () => {
        await check('syncNames');
        this.safeNames = new Map(this.names);
      },
    };
  }

  get(name: string): Buffer {
    return this.names.get(name)?.content ?? Buffer.alloc(0);
  }

  put(name: string, content: Buffer): void {
    this.names.set(name, { content: Buffer.from(content), safe: Buffer.from(content), unsafe: [] });
    this.safeNames = new Map(this.names);
  }

  /** The first name with this ending. */
  find(ending: string): string {
    return [...this.names.keys()].find((name) => name.endsWith(ending)) ?? '';
  }

  count(ending: string): number {
    return [...this.names.keys()].filter((name) => name.endsWith(ending)).length;
  }

  /** Another disk with the same files. */
  copy(): MemoryFiles {
    const other = new MemoryFiles();
    for (const [name, { content }] of this.names) other.put(name, content);
    return other;
  }

  /** The process ends; everything it wrote is there. */
  kill(): void {
    this.life += 1;
    this.mourn();
  }

  /** The machine ends; of what was not synced only a part is there. */
  losePower(random: Random): void {
    this.kill();
    for (const [name, inode] of this.names) {
      if (!this.safeNames.has(name) && random() < 0.5) this.safeNames.set(name, inode);
    }
    for (const name of [...this.safeNames.keys()]) {
      if (!this.names.has(name) && random() < 0.5) this.safeNames.delete(name);
    }
    this.names = new Map(this.safeNames);
    for (const inode of this.names.values()) {
      for (const { offset, bytes } of inode.unsafe) {
        const share = random();
        if (share < 0.3) continue;
        const kept = share < 0.6 ? bytes : bytes.subarray(0, Math.floor(random() * bytes.length));
        inode.safe = overwrite(inode.safe, offset, kept);
      }
      inode.unsafe = [];
      inode.content = Buffer.from(inode.safe);
    }
  }

  private file(
    name: string,
    inode: Inode,
    check: (operation: FileOperation, name: string) => Promise<void>,
  ): OutboxFile {
    return {
      size: () => Promise.resolve(inode.content.length),
      read: async (target, offset) => {
        await check('read', name);
        return offset >= inode.content.length ? 0 : inode.content.copy(target, 0, offset);
      },
      write: async (bytes, offset) => {
        const write = (written: Buffer): void => {
          inode.content = overwrite(inode.content, offset, written);
          inode.unsafe.push({ offset, bytes: Buffer.from(written) });
        };
        try {
          await check('write', name);
        } catch (thrown) {
          write(bytes.subarray(0, Math.min(this.writtenOfFailed, bytes.length)));
          throw thrown;
        }
        write(bytes);
      },
      truncate: async (size) => {
        await check('truncate', name);
        inode.content = Buffer.from(inode.content.subarray(0, size));
        inode.safe = Buffer.from(inode.safe.subarray(0, size));
        inode.unsafe = inode.unsafe.map(({ offset, bytes }) => ({
          offset,
          bytes: bytes.subarray(0, Math.max(size - offset, 0)),
        }));
      },
      sync: async () => {
        await check('sync', name);
        inode.safe = Buffer.from(inode.content);
        inode.unsafe = [];
      },
      isInPlace: () => Promise.resolve(this.names.get(name) === inode),
      close: () => Promise.resolve(),
    };
  }
}

function overwrite(content: Buffer, offset: number, bytes: Buffer): Buffer {
  if (bytes.length === 0) return content;
  const result = Buffer.alloc(Math.max(content.length, offset + bytes.length));
  content.copy(result);
  bytes.copy(result, offset);
  return result;
}
