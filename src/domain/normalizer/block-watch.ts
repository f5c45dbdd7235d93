import type { Reading, ReadingBlock } from '../messages/reading';

/** What is remembered of the reads of one block. */
interface Past {
  timestamp: number;
  failures: number;
}

export interface BlockNews {
  /** Time of the earliest read before, of any block in the reading; undefined for the first. */
  readonly previousTimestamp: number | undefined;
  /** Blocks that have failed for the second time in a row. */
  readonly failedAgain: readonly ReadingBlock[];
}

/** A meter has nine assemblies and some spans of registers; what makes up numbers must not fill the memory. */
const MOST_BLOCKS = 1024;
const NONE: readonly ReadingBlock[] = [];

/** Groups are read at different times and may arrive out of order; within one block time goes on. */
export class BlockWatch {
  private readonly blocks = new Map<number, Past>();

  take({ blocks }: Reading): BlockNews {
    let previousTimestamp: number | undefined;
    let failedAgain: ReadingBlock[] | undefined;
    for (const block of blocks) {
      const key = block.assembly ?? block.register ?? 0;
      const known = this.blocks.get(key);
      if (known !== undefined) previousTimestamp = Math.min(previousTimestamp ?? known.timestamp, known.timestamp);
      const failures = block.error === undefined ? 0 : (known?.failures ?? 0) + 1;
      if (failures === 2) (failedAgain ??= []).push(block);
      if (this.blocks.size >= MOST_BLOCKS) this.blocks.clear();
      if (known === undefined) this.blocks.set(key, { timestamp: block.timestamp, failures });
      else {
        known.timestamp = block.timestamp;
        known.failures = failures;
      }
    }
    return { previousTimestamp, failedAgain: failedAgain ?? NONE };
  }
}
