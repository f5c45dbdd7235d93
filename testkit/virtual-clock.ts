import type { Clock, Timer } from '../src/support/clock';

interface Entry {
  readonly due: number;
  readonly order: number;
  readonly callback: () => void;
  readonly owner: string;
}

/** One turn of the event loop, with all promise reactions in it. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Time that jumps from timer to timer as fast as the program runs, for hundreds of thousands of short stories. */
export class VirtualTime {
  private elapsed = 0;
  private order = 0;
  private readonly entries = new Set<Entry>();

  /** A clock whose timers are counted apart from those of other owners. */
  clock(owner: string): Clock {
    return {
      now: () => this.elapsed,
      monotonic: () => this.elapsed,
      uptime: () => this.elapsed,
      bootId: 'virtual-boot',
      after: (delayMs, callback) => this.after(owner, delayMs, callback),
    };
  }

  /** Timers of an owner that have neither fired nor been canceled. */
  pending(owner: string): number {
    let count = 0;
    for (const entry of this.entries) if (entry.owner === owner) count++;
    return count;
  }

  /** Forgets the timers of an owner. */
  forget(owner: string): void {
    for (const entry of this.entries) if (entry.owner === owner) this.entries.delete(entry);
  }

  /**
   * Lets time run until `work` is settled.
   * @returns false when nothing is left that could settle it, or it takes longer than `limitMs`
   */
  async settles(work: Promise<unknown>, limitMs: number): Promise<boolean> {
    const outcome = { settled: false };
    const note = (): void => {
      outcome.settled = true;
    };
    work.then(note, note);
    const until = this.elapsed + limitMs;
    for (;;) {
      await turn();
      if (outcome.settled) return true;
      const next = this.next();
      if (next === undefined || next.due > until) return false;
      this.entries.delete(next);
      this.elapsed = Math.max(this.elapsed, next.due);
      next.callback();
    }
  }

  private next(): Entry | undefined {
    let first: Entry | undefined;
    for (const entry of this.entries) {
      if (first === undefined || entry.due < first.due || (entry.due === first.due && entry.order < first.order)) {
        first = entry;
      }
    }
    return first;
  }

  private after(owner: string, delayMs: number, callback: () => void): Timer {
    const entry: Entry = { due: this.elapsed + Math.max(0, delayMs), order: this.order++, callback, owner };
    this.entries.add(entry);
    return { cancel: () => void this.entries.delete(entry) };
  }
}
