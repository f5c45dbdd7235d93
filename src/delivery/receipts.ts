import type { Pm500Error } from '../support/errors';
import type { OutboxRange } from '../outbox/outbox';

/** What became of the records of one message. */
export interface Receipt {
  readonly written: number;
  /** Why records were refused by the other side, one error each. */
  readonly rejected: readonly Pm500Error[];
  /** Records that the outbox dropped for age or size before they could be written. */
  readonly dropped: number;
}

interface OpenReceipt extends OutboxRange {
  written: number;
  readonly rejected: Pm500Error[];
  readonly settle: (receipt: Receipt) => void;
}

/** Keeps account of ranges of an outbox that somebody waits for. Ranges are opened in order of position. */
export class Receipts {
  private open: OpenReceipt[] = [];

  /** Calls `settle` once, when all of the range has left the outbox. */
  await(range: OutboxRange, settle: (receipt: Receipt) => void): void {
    this.open.push({ ...range, written: 0, rejected: [], settle });
  }

  noteWritten({ from, to }: OutboxRange): void {
    for (const receipt of this.open) {
      if (receipt.from >= to) break;
      receipt.written += Math.max(0, Math.min(to, receipt.to) - Math.max(from, receipt.from));
    }
  }

  /** True when somebody waits for that record, and so learns of it. */
  noteRejected(position: number, reason: Pm500Error): boolean {
    const receipt = this.open.find(({ from, to }) => from <= position && position < to);
    receipt?.rejected.push(reason);
    return receipt !== undefined;
  }

  /** Settles every range that ends before `position`, the position of the oldest record that still waits. */
  settleBefore(position: number): void {
    for (let [first] = this.open; first !== undefined && first.to <= position; [first] = this.open) {
      this.open.shift();
      const { from, to, written, rejected, settle } = first;
      settle({ written, rejected, dropped: to - from - written - rejected.length });
    }
  }
}
