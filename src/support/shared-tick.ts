import type { Clock, Timer } from './clock';
import { oncePer } from './once-per';

/** Something that is done again and again, each time when it is due. */
export interface RecurringTask {
  /**
   * Does it.
   * @returns when it is due next, by the monotonic clock
   */
  run(): number;
}

interface Entry {
  readonly task: RecurringTask;
  /** The tick in which it is due, counted from the beginning of the monotonic clock. */
  tick: number;
  removed: boolean;
}

/** What runs may take out itself, or another one. */
const isWanted = ({ removed }: Entry): boolean => !removed;

/** How much too early a task may run. */
const TICK_MS = 5;
/** Ticks in one turn of the wheel; what is due later stays in its place for another turn. */
const WHEEL_TICKS = 256;
/** A timer may fire a little before its time. */
const EARLY_MS = 1;

/**
 * Many recurring tasks by one timer, a wheel of short ticks: what is due in the same tick runs together. A timer of its
 * own for each would wake the process each time, and be garbage each time: with nine connections to each of 1 000 meters
 * that is 9 000 times a second. While nothing is due there is no timer that fires.
 */
export class SharedTick {
  private readonly wheel: Entry[][] = [];
  private count = 0;
  private timer: Timer | undefined;
  /** The tick that `timer` waits for. */
  private armedFor = Number.POSITIVE_INFINITY;
  /** Everything up to this tick has run. */
  private ranUpTo: number;

  constructor(private readonly clock: Clock) {
    this.ranUpTo = this.tickOf(clock.monotonic());
  }

  /**
   * Runs a task when it is due, and from then on, until the returned function is called.
   * @param dueMs by the monotonic clock
   */
  add(dueMs: number, task: RecurringTask): () => void {
    if (this.count === 0) this.ranUpTo = this.tickOf(this.clock.monotonic()) - 1;
    this.count++;
    const entry = { task, tick: 0, removed: false };
    this.place(entry, dueMs);
    this.arm(entry.tick);
    return () => {
      if (entry.removed) return;
      entry.removed = true;
      this.count--;
      if (this.count === 0) this.disarm();
    };
  }

  private tickOf(timeMs: number): number {
    return Math.floor(timeMs / TICK_MS);
  }

  private slotOf(tick: number): Entry[] {
    return (this.wheel[tick % WHEEL_TICKS] ??= []);
  }

  private place(entry: Entry, dueMs: number): void {
    entry.tick = Math.max(this.tickOf(dueMs), this.ranUpTo + 1);
    this.slotOf(entry.tick).push(entry);
  }

  private arm(tick: number): void {
    if (tick >= this.armedFor) return;
    this.timer?.cancel();
    this.armedFor = tick;
    this.timer = this.clock.after(Math.max(0, tick * TICK_MS - this.clock.monotonic()), () => {
      this.timer = undefined;
      this.armedFor = Number.POSITIVE_INFINITY;
      this.runDue();
    });
  }

  private disarm(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.armedFor = Number.POSITIVE_INFINITY;
    this.wheel.length = 0;
  }

  private runDue(): void {
    const upTo = this.tickOf(this.clock.monotonic() + EARLY_MS);
    // After a long pause each slot is looked at once.
    const from = Math.max(this.ranUpTo + 1, upTo - WHEEL_TICKS + 1);
    this.ranUpTo = Math.max(this.ranUpTo, upTo);
    for (let tick = from; tick <= upTo; tick++) this.runSlot(this.slotOf(tick), upTo);
    this.armNext();
  }

  private runSlot(slot: Entry[], upTo: number): void {
    if (slot.length === 0) return;
    const entries = slot.splice(0);
    for (const entry of entries) {
      if (!isWanted(entry)) continue;
      if (entry.tick > upTo) {
        slot.push(entry);
        continue;
      }
      const dueMs = entry.task.run();
      if (isWanted(entry)) this.place(entry, dueMs);
    }
  }

  private armNext(): void {
    if (this.count === 0) return;
    for (let tick = this.ranUpTo + 1; tick <= this.ranUpTo + WHEEL_TICKS; tick++) {
      if (this.slotOf(tick).some((entry) => isWanted(entry) && entry.tick === tick)) {
        this.arm(tick);
        return;
      }
    }
    // All that there is is due after more than one turn.
    this.arm(this.ranUpTo + WHEEL_TICKS);
  }
}

/** The one of a clock, which all of the process use. */
export const sharedTickOf = oncePer((clock: Clock) => new SharedTick(clock));
