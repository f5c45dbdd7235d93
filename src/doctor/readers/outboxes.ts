import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { decodeHeader, HEADER_BYTES, parseSegmentName } from '../../outbox/disk-format';
import { ownersOf } from '../../outbox/folder-lock';
import { POSITION_NAME, readPosition } from '../../outbox/position-file';
import { readRegularFile } from '../../support/read-text-file';
import type { OutboxFolder } from '../facts';
import { isMissing, namesIn } from './user-directory';

const MOST_POSITION_BYTES = 10_000;

function startOf(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(HEADER_BYTES);
    return bytes.subarray(0, readSync(file, bytes, 0, HEADER_BYTES, 0));
  } finally {
    closeSync(file);
  }
}

async function lookAt(path: string, id: string): Promise<OutboxFolder> {
  const names = namesIn(path);
  const segments = names
    .flatMap((name) => {
      const parsed = parseSegmentName(name);
      return parsed === undefined ? [] : [{ ...parsed, name }];
    })
    .sort((a, b) => a.sequence - b.sequence);
  const remembered = names.includes(POSITION_NAME)
    ? readPosition(readRegularFile(join(path, POSITION_NAME), MOST_POSITION_BYTES))
    : undefined;
  const newestBase = segments.at(-1)?.base ?? 0;
  const position = remembered?.position ?? segments[0]?.base ?? 0;
  const waiting = Math.max(0, Math.max(remembered?.end ?? 0, newestBase) - position);
  const waits = segments.filter((_, index) => (segments[index + 1]?.base ?? Infinity) > position);
  const [oldest] = waits;
  const oldestMs = oldest === undefined ? undefined : decodeHeader(startOf(join(path, oldest.name)))?.firstAcceptedAt;
  return {
    id,
    path,
    bytes: waiting === 0 ? 0 : waits.reduce((sum, { name }) => sum + statSync(join(path, name)).size, 0),
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
      try {
        return statSync(path).isDirectory() ? [await lookAt(path, decodeURIComponent(name))] : [];
      } catch (thrown) {
        // Delivered, and its node removed, in the meantime.
        if (isMissing(thrown)) return [];
        throw thrown;
      }
    }),
  );
  return found.flat();
}
