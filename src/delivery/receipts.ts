import type { Pm500Error } from '../support/errors';
import type { OutboxRange } from '../outbox/outbox';
import type { Losses } from './stats';

/** Records that an outbox has lost before they could be written, by cause. */
type OutboxLosses = Pick<Losses, 'age' | 'size' | 'damage'>;

/** What became of the records of one message. */
export interface Receipt {
  readonly written: number;
  /** Why records were refused by the other side, one error each. */
  readonly rejected: readonly Pm500Error[];
  readonly lost: OutboxLosses;
}

interface OpenReceipt extends OutboxRange {
  written: number;
  readonly rejected: Pm500Error[];
  /** What is known to be lost so far. */
  lost: OutboxLosses;
  readonly settle: (receipt: Receipt) => void;
}

const NOTHING: OutboxLosses = Object.freeze({ age: 0, size: 0, damage: 0 });

/** Keeps account of ranges of an outbox that somebody waits for. Ranges are opened in order of position. */
export class Receipts {
  private open: OpenReceipt[] = [];
  /** Damaged records may be counted before the position is behind them. */
  private damaged = 0;

  /** @param lostBefore what the outbox had lost when this was made */
  constructor(private lostBefore: OutboxLosses = NOTHING) {}

  /** Calls `settle` once, when all of the range has left the outbox. */
  await(range: OutboxRange, settle: (receipt: Receipt) => void): void {
    this.open.push({ ...range, written: 0, rejected: [], lost: NOTHING, settle });
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

  /**
   * Settles every range that ends before `position`, the position of the oldest record that still waits.
   * @param lost all that the outbox has lost until now
   */
  settleBefore(position: number, lost: OutboxLosses): void {
    this.noteLost(position, lost);
    for (let [first] = this.open; first !== undefined && first.to <= position; [first] = this.open) {
      this.open.shift();
      const { from, to, written, rejected, settle } = first;
      settle({ written, rejected, lost: within(first.lost, to - from - written - rejected.length) });
    }
  }

  /** Records behind which the position is now, and which were neither written nor refused, are those that were lost. */
  private noteLost(position: number, lost: OutboxLosses): void {
    const { lostBefore } = this;
    this.lostBefore = lost;
    this.damaged += lost.damage - lostBefore.damage;
    let age = lost.age - lostBefore.age;
    let size = lost.size - lostBefore.size;
    // This is called with every append, and losses are rare.
    if (age === 0 && size === 0 && this.damaged === 0) return;
    for (const receipt of this.open) {
      if (receipt.from >= position) break;
      const { from, to, written, rejected, lost: known } = receipt;
      const decided = written + rejected.length + known.age + known.size + known.damage;
      const missing = Math.max(0, Math.min(to, position) - from - decided);
      const forAge = Math.min(missing, age);
      const forSize = Math.min(missing - forAge, size);
      const byDamage = Math.min(missing - forAge - forSize, this.damaged);
      age -= forAge;
      size -= forSize;
      this.damaged -= byDamage;
      receipt.lost = { age: known.age + forAge, size: known.size + forSize, damage: known.damage + byDamage };
    }
  }
}

/** Losses of `count` records: what is not explained went for room, and what was written all the same is none. */
function within({ age, damage }: OutboxLosses, count: number): OutboxLosses {
  const forAge = Math.min(age, count);
  const byDamage = Math.min(damage, count - forAge);
  return { age: forAge, size: count - forAge - byDamage, damage: byDamage };
}
