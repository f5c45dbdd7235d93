import type { PeekLimits } from './outbox';

/** Beyond what was asked for, bytes: large batches wait for the disk less than they would cost in memory. */
const MOST_AHEAD_BYTES = 16 * 1024 * 1024;

/** Reads what will be asked for next while a batch is on its way: else the next one would have to wait for the disk. */
export class LookAhead {
  private isReading = false;
  private isClosed = false;
  private reading: Promise<void> = Promise.resolve();

  /** @param read reads a piece where less than the limits has been read; resolves with false when there is no need to */
  constructor(private readonly read: (limits: PeekLimits) => Promise<boolean>) {}

  /** Reads as much again as was asked for, within limits, piece by piece, so that appends and acknowledgments come between. */
  begin({ maximumRecords, maximumBytes }: PeekLimits): void {
    if (this.isReading || this.isClosed) return;
    this.isReading = true;
    this.reading = this.run({
      maximumRecords: 2 * maximumRecords,
      maximumBytes: maximumBytes + Math.min(maximumBytes, MOST_AHEAD_BYTES),
    });
  }

  /** Resolves when nothing is being read, and nothing will be. */
  close(): Promise<void> {
    this.isClosed = true;
    return this.reading;
  }

  private async run(limits: PeekLimits): Promise<void> {
    try {
      while (!this.isClosed && (await this.read(limits)));
    } catch {
      // Shows again when these records are asked for.
    }
    this.isReading = false;
  }
}
