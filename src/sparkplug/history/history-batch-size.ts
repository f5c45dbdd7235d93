import type { paceOf } from './pace';

const SMALLEST = 20;
const LARGEST = 5000;
/** Live data may be late by what history has in the socket before it: an answer within this is soon enough. */
const SOON_MS = 50;
const LATE_MS = 100;
const LONG_MS = 250;

type BatchPace = ReturnType<typeof paceOf>;

/**
 * How many historical values go out before the broker is asked for an answer: as many as it reads within a twentieth
 * of a second, found by trying, so that live data behind them is not delayed on a slow link.
 */
export class HistoryBatchSize {
  private readonly usual: number;
  private readonly most: number;
  private size = SMALLEST;

  /** @param valuesPerSecond a batch has at most a tenth of that; all of it where there may be only so many messages */
  constructor(valuesPerSecond: number) {
    this.usual = Math.min(LARGEST, Math.max(SMALLEST, Math.floor(valuesPerSecond / 10)));
    this.most = Math.min(LARGEST, Math.max(SMALLEST, valuesPerSecond));
  }

  get values(): number {
    return this.size;
  }

  /**
   * @param answeredMs from the end of a batch to the broker's answer
   * @param pace how long the limits have it last; more values in each message help where their number decides that
   */
  learn(answeredMs: number, { dueMs, isMessageBound }: BatchPace = { dueMs: 0, isMessageBound: false }): void {
    // Of batches that last long, the last one that begins within a second would not fit into it any more.
    if (answeredMs > LATE_MS || (!isMessageBound && dueMs > LONG_MS)) this.shrink();
    else if (answeredMs <= SOON_MS && (isMessageBound || dueMs <= LONG_MS / 2)) {
      this.size = Math.min(isMessageBound ? this.most : this.usual, this.size * 2);
    }
  }

  /** A batch was too large for something else. */
  shrink(): void {
    this.size = Math.max(SMALLEST, Math.floor(this.size / 2));
  }
}
