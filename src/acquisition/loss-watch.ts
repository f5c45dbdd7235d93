import type { ReadingBlock } from '../domain/messages/reading';

type BlockOutcome = Pick<ReadingBlock, 'assembly' | 'register' | 'timestamp' | 'error'>;

const keyOf = ({ assembly, register }: BlockOutcome): number => assembly ?? register ?? 0;

/**
 * Tells a lost meter from a lost reply, for everybody who reads the meter over one connection. It is lost when everything
 * that was ever asked of it has failed; or, as groups are read at different times, when the same block failed twice
 * without a connection, and nothing was read between.
 */
export class LossWatch {
  private readonly known = new Set<number>();
  /** What failed since anything was read. */
  private readonly failed = new Set<number>();
  private failingSince: number | undefined;
  private since: number | undefined;

  /** Since when nothing could be read, epoch milliseconds UTC; undefined while the meter is not lost. */
  get lostSince(): number | undefined {
    return this.since;
  }

  /** @param blocks what became of a read of one or several blocks */
  take(blocks: readonly BlockOutcome[], isConnected: boolean): void {
    let hasAnswered = false;
    for (const block of blocks) {
      this.known.add(keyOf(block));
      hasAnswered ||= block.error === undefined;
    }
    if (hasAnswered) this.clear();
    else this.note(blocks, isConnected);
  }

  private clear(): void {
    if (this.failingSince === undefined) return;
    this.failed.clear();
    this.failingSince = undefined;
    this.since = undefined;
  }

  private note(blocks: readonly BlockOutcome[], isConnected: boolean): void {
    const isRepeated = blocks.some((block) => this.failed.has(keyOf(block)));
    for (const block of blocks) {
      this.failed.add(keyOf(block));
      this.failingSince ??= block.timestamp;
    }
    if ((isRepeated && !isConnected) || this.failed.size === this.known.size) this.since ??= this.failingSince;
  }
}
