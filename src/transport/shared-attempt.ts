import type { Pm500Error } from '../support/errors';

/** Something under way that several callers wait for. */
export interface SharedAttempt<Result> {
  /** Settles after everything that follows from the outcome has happened. */
  readonly done: Promise<Result>;
  /** Ends the attempt; `done` is rejected with `error`. */
  giveUp(error: Pm500Error): void;
  /** Callers that still wait. */
  waiters: number;
}

/**
 * Waits for an attempt. The last caller that gives up takes the attempt along, and hears of it when nothing is left open;
 * another one is only no longer told.
 * @param stopped what a caller hears whose signal aborts
 */
export function join<Result>(
  attempt: SharedAttempt<Result>,
  stopped: () => Pm500Error,
  signal?: AbortSignal,
): Promise<Result> {
  attempt.waiters++;
  if (signal === undefined) return attempt.done;
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      attempt.waiters--;
      if (attempt.waiters === 0) attempt.giveUp(stopped());
      else reject(stopped());
    };
    const ignore = (): void => {
      signal.removeEventListener('abort', stop);
    };
    signal.addEventListener('abort', stop, { once: true });
    attempt.done.then(ignore, ignore);
    attempt.done.then(resolve, reject);
  });
}
