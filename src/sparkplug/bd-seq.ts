import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Logger } from '../support/logger';

/** Where the number of the last CONNECT is kept, so that it goes on after a restart of the program. */
export interface BdSeqStore {
  /** The number last written, 0 to 255; undefined when there is none. */
  read(): number | undefined;
  write(bdSeq: number): void;
}

/** Gives every CONNECT its bdSeq. */
export interface BdSeqCounter {
  /** One more than last time, 0 after 255 and at the very first. A CONNECT that fails has used its number. */
  next(): number;
}

const COUNT = 256;

/** A counter that goes on from what `store` holds. */
export function createBdSeqCounter(store: BdSeqStore): BdSeqCounter {
  let last = store.read();
  return {
    next: () => {
      last = last === undefined ? 0 : (last + 1) % COUNT;
      store.write(last);
      return last;
    },
  };
}

/** Keeps the number as long as the program runs. */
export function memoryBdSeqStore(): BdSeqStore {
  let kept: number | undefined;
  return {
    read: () => kept,
    write: (bdSeq) => {
      kept = bdSeq;
    },
  };
}

/**
 * Keeps the number in a small file, replaced as a whole. A file that cannot be read or written costs only the memory of
 * the number over a restart: it is logged once and the counter goes on.
 */
export function fileBdSeqStore(path: string, logger: Logger): BdSeqStore {
  let isComplaintMade = false;
  const complain = (action: string, thrown: unknown): void => {
    if (isComplaintMade) return;
    isComplaintMade = true;
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    logger.warn(`The Sparkplug bdSeq cannot be ${action} ${path} (${reason}); after a restart it begins again at 0.`);
  };
  return {
    read: () => {
      try {
        const text = readFileSync(path, 'utf8').trim();
        const bdSeq = Number(text);
        if (/^\d{1,3}$/.test(text) && bdSeq < COUNT) return bdSeq;
        complain('read from', new Error('the file does not hold a number from 0 to 255'));
      } catch (thrown) {
        if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT')) complain('read from', thrown);
      }
      return undefined;
    },
    write: (bdSeq) => {
      try {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(`${path}.next`, `${bdSeq}\n`);
        renameSync(`${path}.next`, path);
      } catch (thrown) {
        complain('written to', thrown);
      }
    },
  };
}
