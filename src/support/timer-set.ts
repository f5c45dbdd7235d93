import type { Clock, Timer } from './clock';

/** Timers by name: setting a name again replaces its timer, and all can be canceled at once. */
export class TimerSet {
  private readonly clock: Clock;
  private readonly timers = new Map<string, Timer>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  set(name: string, delayMs: number, callback: () => void): void {
    this.cancel(name);
    const timer = this.clock.after(delayMs, () => {
      this.timers.delete(name);
      callback();
    });
    this.timers.set(name, timer);
  }

  /** True while that timer runs. */
  has(name: string): boolean {
    return this.timers.has(name);
  }

  cancel(name: string): void {
    this.timers.get(name)?.cancel();
    this.timers.delete(name);
  }

  cancelAll(): void {
    for (const timer of this.timers.values()) timer.cancel();
    this.timers.clear();
  }
}
