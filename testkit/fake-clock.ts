import type { Clock, Timer } from '../src/support/clock';

interface PendingTimer {
  readonly due: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Lets everything that is ready run: promise reactions and what they set off. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A clock that stands still until a test moves it. */
export class FakeClock implements Clock {
  private elapsed = 0;
  private wallOffset: number;
  private sleptMs = 0;
  bootId = 'fake-boot';
  private order = 0;
  private readonly timers = new Set<PendingTimer>();

  constructor(startsAt: number = Date.UTC(2026, 0, 1)) {
    this.wallOffset = startsAt;
  }

  now(): number {
    return this.wallOffset + this.elapsed;
  }

  monotonic(): number {
    return this.elapsed;
  }

  uptime(): number {
    return this.elapsed + this.sleptMs;
  }

  after(delayMs: number, callback: () => void): Timer {
    const timer = { due: this.elapsed + Math.max(0, delayMs), order: this.order++, callback };
    this.timers.add(timer);
    return { cancel: () => void this.timers.delete(timer) };
  }

  /** Timers that have neither fired nor been canceled. */
  get pending(): number {
    return this.timers.size;
  }

  /** Sets the wall clock forward or back; timers and the monotonic clock do not notice. */
  jump(byMs: number): void {
    this.wallOffset += byMs;
  }

  /** The host sleeps: the wall clock and the uptime go on, timers and the monotonic clock stand still. */
  suspend(forMs: number): void {
    this.wallOffset += forMs;
    this.sleptMs += forMs;
  }

  /**
   * The host was switched off and has booted again just now: its uptime begins anew.
   * @param offByMs by how much its wall clock is wrong then
   */
  reboot(bootId: string, offByMs = 0): void {
    this.bootId = bootId;
    this.sleptMs = -this.elapsed;
    this.wallOffset += offByMs;
  }

  /** All clocks go on while nothing gets to run, as in a process that is stopped; timers that fell due fire afterward. */
  leap(byMs: number): void {
    this.elapsed += byMs;
  }

  /** Moves time on, firing every timer that falls due in order and letting its consequences run. */
  async advance(byMs: number): Promise<void> {
    const until = this.elapsed + byMs;
    await settle();
    for (;;) {
      const next = [...this.timers]
        .filter((timer) => timer.due <= until)
        .sort((left, right) => left.due - right.due || left.order - right.order)[0];
      if (next === undefined) break;
      this.timers.delete(next);
      this.elapsed = Math.max(this.elapsed, next.due);
      next.callback();
      await settle();
    }
    this.elapsed = until;
    await settle();
  }

  /** Moves time on in steps until `work` has settled, however many turns of the event loop it takes in between. */
  async advanceUntil<Result>(work: Promise<Result>, stepMs: number): Promise<Result> {
    const settled = new AbortController();
    const note = (): void => {
      settled.abort();
    };
    work.then(note, note);
    while (!settled.signal.aborted) await this.advance(stepMs);
    return work;
  }
}
