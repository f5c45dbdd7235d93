import { createReadStream } from 'node:fs';
import { chmod, open, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Clock } from '../support/clock';
import type { Pm500Error } from '../support/errors';
import { makeFolder, syncFolder } from '../support/safe-files';

/** The file operations that dead letters need. */
export interface DeadLetterFiles {
  makeFolder(path: string): Promise<unknown>;
  /** Adds to the end of a file; on the disk when it resolves. */
  append(path: string, text: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Bytes of a file, and how many letters it holds; zeros where there is none. */
  measure(path: string): Promise<{ readonly bytes: number; readonly letters: number }>;
}

/** Files only their owner may read: they hold what a site measures. */
const MODE = 0o600;
const FOLDER_MODE = 0o700;

async function append(path: string, text: string): Promise<void> {
  const handle = await open(path, 'a', MODE);
  try {
    const isNew = (await handle.stat()).size === 0;
    await handle.appendFile(text);
    await handle.sync();
    if (isNew) await syncFolder(dirname(path));
  } finally {
    await handle.close();
  }
}

async function measure(path: string): Promise<{ readonly bytes: number; readonly letters: number }> {
  const size = await stat(path).then(
    (found) => found.size,
    () => undefined,
  );
  if (size === undefined) return { bytes: 0, letters: 0 };
  let letters = 0;
  for await (const line of createInterface({ input: createReadStream(path) })) if (isLetter(line)) letters += 1;
  return { bytes: size, letters };
}

const isLetter = (line: string): boolean => line !== '' && !line.startsWith('#');

const systemFiles: DeadLetterFiles = {
  makeFolder: async (path) => {
    await makeFolder(path);
    // One that an earlier version made may be open to others.
    await chmod(path, FOLDER_MODE);
  },
  append,
  rename,
  measure,
};

/** Both files together. */
const DEFAULT_DEAD_LETTER_BYTES = 10_000_000;

/** A record to be kept, and why it was refused. */
export interface DeadLetter {
  readonly payload: string;
  readonly reason: Pm500Error;
}

/**
 * A letter as it stands in the file, with the end of its last line. Lines that begin with # are comments; every letter
 * has one other line.
 * @param at when it was refused, ISO 8601
 */
export type DeadLetterEntry = (letter: DeadLetter, at: string) => string;

/** The payload, and the reason as a comment. */
const underItsReason: DeadLetterEntry = ({ payload, reason }, at) =>
  `# ${at} ${reason.code} ${reason.message.replace(/\s+/g, ' ')}\n${payload}\n`;

/**
 * Where records that the other side refused are kept with the reason. The file holds the payloads with the reasons as
 * comments behind #, so that it can be corrected by hand and, where # begins a comment, sent as it is; or what a sink
 * makes of them. When it has half of its limit it becomes `<path>.1`, in place of the one that was there.
 */
export class DeadLetters {
  private current: { bytes: number; letters: number } | undefined;
  private lettersBefore = 0;
  private overwrittenSoFar = 0;

  /**
   * @param maximumBytes of both files together
   * @param entryOf how a letter stands in the file
   */
  constructor(
    readonly path: string,
    private readonly clock: Clock,
    private readonly maximumBytes = DEFAULT_DEAD_LETTER_BYTES,
    private readonly files = systemFiles,
    private readonly entryOf = underItsReason,
  ) {}

  /** Letters that made room for later ones, since this was made. */
  get overwritten(): number {
    return this.overwrittenSoFar;
  }

  /** Adds letters; on the disk when the promise resolves, at the cost of one sync. One call at a time. */
  async add(letters: readonly DeadLetter[]): Promise<void> {
    const at = new Date(this.clock.now()).toISOString();
    let text = '';
    let bytes = 0;
    let count = 0;
    const write = async (): Promise<void> => {
      if (count > 0) await this.append(text, bytes, count);
      text = '';
      bytes = 0;
      count = 0;
    };
    for (const letter of letters) {
      const entry = this.entryOf(letter, at);
      const size = Buffer.byteLength(entry);
      if (bytes + size > this.maximumBytes / 2) await write();
      text += entry;
      bytes += size;
      count += 1;
    }
    await write();
  }

  private async append(text: string, bytes: number, letters: number): Promise<void> {
    const current = await this.look();
    if (current.bytes > 0 && current.bytes + bytes > this.maximumBytes / 2) {
      await this.files.rename(this.path, `${this.path}.1`);
      this.overwrittenSoFar += this.lettersBefore;
      this.lettersBefore = current.letters;
      current.bytes = 0;
      current.letters = 0;
    }
    try {
      await this.files.append(this.path, text);
      current.bytes += bytes;
      current.letters += letters;
    } catch (thrown) {
      // Some of it may be there, or the folder gone: looked at anew the next time.
      this.current = undefined;
      throw thrown;
    }
  }

  private async look(): Promise<{ bytes: number; letters: number }> {
    if (this.current !== undefined) return this.current;
    await this.files.makeFolder(dirname(this.path));
    this.lettersBefore = (await this.files.measure(`${this.path}.1`)).letters;
    this.current = { ...(await this.files.measure(this.path)) };
    return this.current;
  }
}
