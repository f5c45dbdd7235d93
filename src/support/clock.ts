import { readBootId, startUptime } from './uptime';

/** A timer that can be canceled; opaque to callers. */
export interface Timer {
  cancel(): void;
}

/** Time as an argument: production passes `systemClock`, tests pass a clock they move by hand. */
export interface Clock {
  /** Wall clock, epoch milliseconds UTC. May jump when the host's time is set. */
  now(): number;
  /** Monotonic milliseconds with a fraction; only differences mean something. */
  monotonic(): number;
  /**
   * Milliseconds since the host was booted, the time that it slept included; setting the wall clock does not move it.
   * Times of one `bootId` can be subtracted, also when another process of that host took them.
   */
  uptime(): number;
  /** Which boot of which host this is. */
  readonly bootId: string;
  /** Calls `callback` once after `delayMs`; a timer never keeps the process alive by itself when `background`. */
  after(delayMs: number, callback: () => void, background?: boolean): Timer;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  uptime: startUptime(),
  bootId: readBootId(),
  after: (delayMs, callback, background = false) => {
    const handle = setTimeout(callback, delayMs);
    if (background) handle.unref();
    return {
      cancel: () => {
        clearTimeout(handle);
      },
    };
  },
};

/** Resolves after `delayMs`, or at once when `signal` aborts (it never rejects: callers check the signal). */
export function delay(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = clock.after(delayMs, finish);
    signal?.addEventListener('abort', finish, { once: true });
  });
}

/**
 * What `work` comes to; what `otherwise` says where `signal` aborts first, or `timeoutMs` pass. The work is not ended by
 * that.
 */
export function within<Result>(
  work: Promise<Result>,
  { clock, signal, timeoutMs }: { readonly clock: Clock; readonly signal: AbortSignal; readonly timeoutMs?: number },
  otherwise: () => Result,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      timer?.cancel();
      signal.removeEventListener('abort', giveUp);
    };
    const giveUp = (): void => {
      end();
      resolve(otherwise());
    };
    const timer = timeoutMs === undefined ? undefined : clock.after(timeoutMs, giveUp);
    work.then(resolve, reject).finally(end);
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
}
