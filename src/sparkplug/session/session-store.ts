import { readFileSync } from 'node:fs';
import { isRecord } from '../../support/expect';
import type { Logger } from '../../support/logger';
import { replaceFileNow } from '../../support/safe-files';

/** `bdSeq` runs from 0 to 255 and starts again. */
export const BD_SEQ_COUNT = 256;

/** What an edge node has to know of its last session after a restart of the program. */
export interface SessionRecord {
  /** Number of the last CONNECT, 0 to 255. */
  readonly bdSeq?: number;
  readonly clientId?: string;
  /** Name of the computer that the client ID was made on. */
  readonly hostName?: string;
}

export interface SessionStore {
  /** What was written last; empty when there is nothing. */
  read(): SessionRecord;
  write(record: SessionRecord): void;
}

/** Keeps the record as long as the program runs. */
export function memorySessionStore(): SessionStore {
  let kept: SessionRecord = {};
  return {
    read: () => kept,
    write: (record) => {
      kept = record;
    },
  };
}

function isBdSeq(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) < BD_SEQ_COUNT;
}

function parseRecord(text: string): SessionRecord {
  const content: unknown = JSON.parse(text);
  // Before client IDs were kept, the file held the number alone.
  if (isBdSeq(content)) return { bdSeq: content };
  if (!isRecord(content)) throw new Error('the file does not hold what this software writes');
  const { bdSeq, clientId, hostName } = content;
  if (bdSeq !== undefined && !isBdSeq(bdSeq)) throw new Error('its bdSeq is no number from 0 to 255');
  return {
    ...(bdSeq === undefined ? {} : { bdSeq }),
    ...(typeof clientId === 'string' && clientId !== '' ? { clientId } : {}),
    ...(typeof hostName === 'string' ? { hostName } : {}),
  };
}

/**
 * Keeps the record in a small file, replaced as a whole and synced. A file that cannot be read or written costs only what
 * is known of the last session: it is logged once, and the edge node goes on.
 */
export function fileSessionStore(path: string, logger: Logger): SessionStore {
  let isComplaintMade = false;
  const complain = (action: string, thrown: unknown): void => {
    if (isComplaintMade) return;
    isComplaintMade = true;
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    logger.warn(
      `The bdSeq and client ID of the Sparkplug edge node cannot be ${action} ${path} (${reason}); after a restart bdSeq begins again at 0, and the broker may tell of the end of the old session late.`,
    );
  };
  return {
    read: () => {
      try {
        return parseRecord(readFileSync(path, 'utf8'));
      } catch (thrown) {
        if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT')) complain('read from', thrown);
        return {};
      }
    },
    write: (record) => {
      try {
        replaceFileNow(path, `${JSON.stringify(record)}\n`);
      } catch (thrown) {
        complain('written to', thrown);
      }
    },
  };
}
