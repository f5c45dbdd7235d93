import type { Reading } from '../messages/reading';

/** A meter has nine assemblies and some spans of registers; what makes up numbers must not fill the memory. */
const MOST_BLOCKS = 1024;

/** Groups are read at different times and may arrive out of order; within one block time goes on. */
export class BlockWatch {
  /** Times of the last read, by block. */
  private readonly blocks = new Map<number, number>();

  /** @returns time of the earliest read before, of any block in the reading; undefined for the first */
  take({ blocks }: Reading): number | undefined {
    let previous: number | undefined;
    for (const block of blocks) {
      const key = block.assembly ?? block.register ?? 0;
      const known = this.blocks.get(key);
      if (known !== undefined) previous = Math.min(previous ?? known, known);
      if (this.blocks.size >= MOST_BLOCKS) this.blocks.clear();
      this.blocks.set(key, block.timestamp);
    }
    return previous;
  }
}
