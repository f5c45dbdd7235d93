import type { LayoutCheck } from '../domain/layout-check/layout-check';
import type { CompiledLayout } from '../domain/codec/layout';
import type { Reading } from '../domain/messages/reading';
import { delay, type Clock } from '../support/clock';
import { Pm500Error } from '../support/errors';

/** What watching needs of a meter's session. */
export interface WatchedMeter {
  readonly settings: { readonly layout: CompiledLayout };
  read(assemblies: readonly number[], signal?: AbortSignal): Promise<Reading>;
}

export interface LayoutWatchOptions {
  readonly seconds: number;
  /** Between two reads of all assemblies. */
  readonly intervalMs: number;
  readonly clock: Clock;
  /** Told once when some assemblies cannot be read; the others are. */
  readonly onTrouble: (error: Pm500Error) => void;
}

/**
 * Reads all assemblies of a meter through its session, limits included, and lets the check see them, until the time is
 * over or `signal` ends it between two reads.
 * @throws Pm500Error what kept the meter from being read, ABORTED when `signal` ends a read
 */
export async function watchLayout(
  meter: WatchedMeter,
  check: Pick<LayoutCheck, 'accept'>,
  { seconds, intervalMs, clock, onTrouble }: LayoutWatchOptions,
  signal: AbortSignal,
): Promise<void> {
  const assemblies = [...meter.settings.layout.blocks.keys()];
  const endAt = clock.monotonic() + 1000 * seconds;
  let complained = false;
  while (!signal.aborted) {
    const startedAt = clock.monotonic();
    const reading = await meter.read(assemblies, signal);
    const errors = reading.blocks.flatMap(({ error }) => error ?? []);
    const [first] = errors;
    if (first !== undefined) {
      const error = new Pm500Error(first.code, first.message);
      if (errors.length === reading.blocks.length) throw error;
      if (!complained) onTrouble(error);
      complained = true;
    }
    check.accept(reading);
    const dueAt = startedAt + intervalMs;
    if (dueAt > endAt) return;
    await delay(clock, dueAt - clock.monotonic(), signal);
  }
}
