import type { Clock, Timer } from './clock';

/** Calls that come faster than an interval melt into one at its end; none is lost. */
export interface Throttle {
  /** Calls the action now, or once when the interval since its last call is over. */
  request(): void;
  /** Forgets a call that is due. */
  cancel(): void;
}

/** Makes sure that `action` runs at most once in `intervalMs`. */
export function createThrottle(clock: Clock, intervalMs: number, action: () => void): Throttle {
  let lastAt = -Infinity;
  let timer: Timer | undefined;
  const run = (): void => {
    timer = undefined;
    lastAt = clock.monotonic();
    action();
  };
  return {
    request: () => {
      if (timer !== undefined) return;
      const waitMs = lastAt + intervalMs - clock.monotonic();
      if (waitMs <= 0) run();
      else timer = clock.after(waitMs, run, true);
    },
    cancel: () => {
      timer?.cancel();
      timer = undefined;
    },
  };
}
