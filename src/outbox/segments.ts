import type { OutboxFile } from './files';

/** One file of records, as far as its records are safe. */
export interface Segment {
  readonly name: string;
  readonly sequence: number;
  /** Position of its first record. */
  readonly base: number;
  /** Payload bytes of all records of the outbox before it. */
  readonly baseBytes: number;
  readonly firstAcceptedAt: number;
  /** Records, those included that damage has made unreadable. */
  count: number;
  /** Bytes of the file that count. */
  size: number;
  /** True once nothing is written to it any more: it may go when its records are delivered, also the last one. */
  isComplete: boolean;
}

/** The segments of an outbox, oldest first, which its two ends share: one adds at the tail, one takes at the head. */
export interface SegmentLog {
  readonly segments: Segment[];
  /** Position of the next record to come. */
  end: number;
  /** Payload bytes of all records so far. */
  endBytes: number;
  /** Sequence for the next segment; never used twice. */
  nextSequence: number;
}

const BLOCK_BYTES = 4096;

/**
 * Reads as far as the file reaches. Blocks that the disk cannot read any more come as zeros, which no frame consists of:
 * one bad block must not hold back all that lies behind it.
 */
export async function readBlocks(file: OutboxFile, target: Buffer, offset: number): Promise<number> {
  try {
    return await file.read(target, offset);
  } catch (thrown) {
    if (!isUnreadable(thrown)) throw thrown;
  }
  const size = Math.min(target.length, Math.max((await file.size()) - offset, 0));
  for (let at = 0; at < size; at += BLOCK_BYTES) {
    const block = target.subarray(at, Math.min(at + BLOCK_BYTES, size));
    try {
      await file.read(block, offset + at);
    } catch (thrown) {
      if (!isUnreadable(thrown)) throw thrown;
      block.fill(0);
    }
  }
  return size;
}

function isUnreadable(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'EIO';
}
