import { appendFile, mkdir, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../support/clock';
import type { Pm500Error } from '../support/errors';

/** The file operations that dead letters need. */
export interface DeadLetterFiles {
  makeFolder(path: string): Promise<unknown>;
  append(path: string, text: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Bytes of a file; 0 where there is none. */
  size(path: string): Promise<number>;
}

export const systemFiles: DeadLetterFiles = {
  makeFolder: (path) => mkdir(path, { recursive: true }),
  append: (path, text) => appendFile(path, text, { flush: true }),
  rename,
  size: async (path) => {
    try {
      return (await stat(path)).size;
    } catch {
      return 0;
    }
  },
};

/** Of one file; there are two at most, this one and the one before it. */
export const DEFAULT_DEAD_LETTER_BYTES = 5_000_000;

/**
 * Where lines that the database refused are kept with the reason. The file is line protocol with the reasons as comments,
 * so it can be corrected by hand and written to the database as it is. When it is full it becomes `<path>.1`, in place
 * of the one that was there.
 */
export class DeadLetters {
  private size: number | undefined;

  constructor(
    readonly path: string,
    private readonly clock: Clock,
    private readonly maximumBytes = DEFAULT_DEAD_LETTER_BYTES,
    private readonly files = systemFiles,
  ) {}

  /** Adds a line; on the disk when the promise resolves. One call at a time. */
  async add(line: string, reason: Pm500Error): Promise<void> {
    const at = new Date(this.clock.now()).toISOString();
    const entry = `# ${at} ${reason.code} ${reason.message.replace(/\s+/g, ' ')}\n${line}\n`;
    const bytes = Buffer.byteLength(entry);
    if (this.size === undefined) {
      await this.files.makeFolder(dirname(this.path));
      this.size = await this.files.size(this.path);
    }
    if (this.size > 0 && this.size + bytes > this.maximumBytes) {
      await this.files.rename(this.path, `${this.path}.1`);
      this.size = 0;
    }
    try {
      await this.files.append(this.path, entry);
      this.size += bytes;
    } catch (thrown) {
      // Some of it may be there, or the folder gone: looked at anew the next time.
      this.size = undefined;
      throw thrown;
    }
  }
}
