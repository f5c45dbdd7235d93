import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { decodeRecord, HEADER_BYTES, parseSegmentName, type Frame } from '../../outbox/disk-format';
import { ownersOf } from '../../outbox/folder-lock';
import { POSITION_NAME, readPosition } from '../../outbox/position-file';
import { nextFrame } from '../../outbox/recover';
import { readRegularFile } from '../../support/read-text-file';
import type { OutboxFolder } from '../facts';
import { isMissing, namesIn } from './user-directory';

const MOST_POSITION_BYTES = 10_000;
/** A segment is left at 16 MB, and what came to it last may be larger than that. */
const MOST_SEGMENT_BYTES = 256 * 1024 ** 2;

interface FoundSegment {
  readonly name: string;
  readonly sequence: number;
  readonly base: number;
}

/** What a segment holds from one record on. */
interface Rest {
  /** Where the record is that comes after the last one. */
  readonly end: number;
  /** Bytes from that one record on. */
  readonly bytes: number;
  /** Of that record, epoch milliseconds; absent where there is none. */
  readonly acceptedAt?: number;
}

/** The records of a segment from `position` on. What is not whole yet is being written, and does not count. */
function restOf(folder: string, { name, sequence, base }: FoundSegment, position: number): Rest {
  const bytes = readRegularFile(join(folder, name), MOST_SEGMENT_BYTES);
  let first: Frame | undefined;
  let count = 0;
  for (let at = HEADER_BYTES; ;) {
    const frame = nextFrame(bytes, at, sequence, count, Infinity);
    if (frame === undefined) break;
    if (base + frame.index >= position) first ??= frame;
    count = frame.index + 1;
    at = frame.end;
  }
  const end = base + count;
  if (first === undefined) return { end, bytes: 0 };
  return { end, bytes: bytes.length - first.at, acceptedAt: decodeRecord(bytes, first).acceptedAt };
}

async function lookAt(path: string, id: string): Promise<OutboxFolder> {
  const names = namesIn(path);
  const segments = names
    .flatMap((name): readonly FoundSegment[] => {
      const parsed = parseSegmentName(name);
      return parsed === undefined ? [] : [{ ...parsed, name }];
    })
    .sort((a, b) => a.sequence - b.sequence);
  const remembered = names.includes(POSITION_NAME)
    ? readPosition(readRegularFile(join(path, POSITION_NAME), MOST_POSITION_BYTES))
    : undefined;
  const position = remembered?.position ?? segments[0]?.base ?? 0;
  const [oldest, ...later] = segments.filter((_, index) => (segments[index + 1]?.base ?? Infinity) > position);
  const newest = later.at(-1);
  // The end is remembered from time to time only: what came after that is in the newest segment.
  const first = oldest === undefined ? undefined : restOf(path, oldest, position);
  const last = newest === undefined ? first : restOf(path, newest, position);
  const waiting = Math.max(0, Math.max(remembered?.end ?? 0, last?.end ?? 0) - position);
  // Where damage has taken all of the oldest segment, the newest tells the least that they wait.
  const oldestMs = first?.acceptedAt ?? last?.acceptedAt;
  return {
    id,
    path,
    bytes: (first?.bytes ?? 0) + later.reduce((sum, { name }) => sum + statSync(join(path, name)).size, 0),
    waiting,
    ...(waiting > 0 && oldestMs !== undefined ? { oldestMs } : {}),
    owners: await ownersOf(path),
  };
}

/** The outboxes on the disk, as they are; nothing in them is touched. @throws Error in a few words */
export async function readOutboxes(userDirectory: string): Promise<readonly OutboxFolder[]> {
  const folder = join(userDirectory, 'pm500', 'outbox');
  const found = await Promise.all(
    namesIn(folder).map(async (name) => {
      const path = join(folder, name);
      const look = async (): Promise<readonly OutboxFolder[]> =>
        existsSync(path) && statSync(path).isDirectory() ? [await lookAt(path, decodeURIComponent(name))] : [];
      try {
        return await look();
      } catch (thrown) {
        // A segment was delivered, or the node removed, in the meantime: what is there now counts.
        if (isMissing(thrown)) return look();
        throw thrown;
      }
    }),
  );
  return found.flat();
}
