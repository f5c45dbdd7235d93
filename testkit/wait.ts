import { setTimeout as pause } from 'node:timers/promises';

const LOOK_EVERY_MS = 50;
/**
 * Many times what anything takes alone on a computer that has nothing else to do: only a failure is waited for so long. Less
 * than mocha leaves a test, which would not say what was waited for.
 */
export const PATIENCE_MS = 45_000;

export interface WaitOptions {
  /** After this the wait fails, saying what it waited for and what it saw last. */
  readonly timeoutMs?: number;
  readonly everyMs?: number;
}

/**
 * Looks again and again until `look` gives something other than undefined or false; for what gives no event, such as a
 * query of a database. What `look` throws counts as not yet and is shown when time is up.
 */
export async function waitFor<Found>(
  what: string,
  look: () => Promise<Found | undefined | false> | Found | undefined | false,
  { timeoutMs = PATIENCE_MS, everyMs = LOOK_EVERY_MS }: WaitOptions = {},
): Promise<Found> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      last = undefined;
    } catch (thrown) {
      last = thrown;
    }
    if (performance.now() > deadline) {
      const seen = last instanceof Error ? ` (last: ${last.message})` : '';
      throw new Error(`Waited ${timeoutMs / 1000} s in vain for ${what}${seen}.`, { cause: last });
    }
    await pause(everyMs);
  }
}
