import type { Clock } from '../../src/support/clock';
import { Pm500Error } from '../../src/support/errors';
import { createThrottle } from '../../src/support/throttle';

/** A setting that is wrong is wrong for every message; nobody reads the same sentence ten times a second. */
export const REPORT_EVERY_MS = 60_000;

/** Ends the handling of one message with an error. */
type Fail = (error: Error) => void;

/**
 * Tells what messages cost that a wrong setting keeps from being handled: the first at once, then every minute the
 * newest of them, with how many there were. The others end without a word: `done` would tell a Complete node that they
 * were handled.
 */
export class SettingsErrors {
  private waiting: { readonly error: Pm500Error; readonly fail: Fail } | undefined;
  private count = 0;
  private readonly throttle;

  constructor(clock: Clock) {
    this.throttle = createThrottle(clock, REPORT_EVERY_MS, () => {
      this.report();
    });
  }

  add(error: Pm500Error, fail: Fail): void {
    this.waiting = { error, fail };
    this.count++;
    this.throttle.request();
  }

  /** Tells what is not told yet. */
  close(): void {
    this.throttle.cancel();
    this.report();
  }

  private report(): void {
    const { waiting, count } = this;
    if (waiting === undefined) return;
    const { error, fail } = waiting;
    this.waiting = undefined;
    this.count = 0;
    if (count === 1) fail(error);
    else fail(new Pm500Error(error.code, `${error.message} So ${count} messages were not handled.`, { cause: error }));
  }
}
