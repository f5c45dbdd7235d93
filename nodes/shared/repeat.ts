import { systemClock, type Timer } from '../../src/support/clock';

/** Does something again and again, for what changes without a word. @returns stops it */
export function repeat(intervalMs: number, action: () => void): () => void {
  let timer: Timer;
  const next = (): void => {
    timer = systemClock.after(
      intervalMs,
      () => {
        action();
        next();
      },
      true,
    );
  };
  next();
  return () => {
    timer.cancel();
  };
}
