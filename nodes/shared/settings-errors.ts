import type { Clock } from '../../src/support/clock';
import { Pm500Error } from '../../src/support/errors';
import { createThrottle } from '../../src/support/throttle';

/** A setting that is wrong is wrong for every message; nobody reads the same sentence ten times a second. */
export const REPORT_EVERY_MS = 60_000;

/** Ends the handling of one message with an error. */
type Fail = (error: Error) => void;

/** Sentences that are told apart; of all others the count is added to the last one. */
const MOST_SENTENCES = 20;

interface Waiting {
  readonly error: Pm500Error;
  readonly fail: Fail;
  readonly count: number;
}

/**
 * Tells what messages cost that a wrong setting keeps from being handled: the first at once, then every minute one for
 * each sentence, with how many there were. The others end without a word: `done` would tell a Complete node that they
 * were handled.
 */
export class SettingsErrors {
  /** By sentence: two meters with wrong names are two things to mend. */
  private readonly waiting = new Map<string, Waiting>();
  private readonly throttle;

  constructor(clock: Clock) {
    this.throttle = createThrottle(clock, REPORT_EVERY_MS, () => {
      this.report();
    });
  }

  add(error: Pm500Error, fail: Fail): void {
    const isFull = this.waiting.size >= MOST_SENTENCES && !this.waiting.has(error.message);
    const sentence = isFull ? ([...this.waiting.keys()].at(-1) ?? '') : error.message;
    const count = (this.waiting.get(sentence)?.count ?? 0) + 1;
    this.waiting.set(sentence, { error, fail, count });
    this.throttle.request();
  }

  /** Tells what is not told yet. */
  close(): void {
    this.throttle.cancel();
    this.report();
  }

  private report(): void {
    const all = [...this.waiting.values()];
    this.waiting.clear();
    for (const { error, fail, count } of all) {
      if (count === 1) fail(error);
      else
        fail(new Pm500Error(error.code, `${error.message} So ${count} messages were not handled.`, { cause: error }));
    }
  }
}
