import type { Clock, Timer } from '../support/clock';

export interface ScheduleOptions {
  readonly intervalMs: number;
  /** Shift against the grid, so that meters do not fire together; 0 to intervalMs. */
  readonly phaseMs?: number;
  /** A first cycle after this, before the grid is reached: nobody wants to wait a long interval for a first value. */
  readonly firstAfterMs?: number;
  readonly clock: Clock;
  /** One cycle. A rejection is the caller's to handle: it is passed to `onError`. */
  readonly onTick: (scheduledAt: number) => Promise<void>;
  readonly onError: (thrown: unknown) => void;
}

/** Two ticks are at least this share of an interval apart. */
const CLOSEST_TICKS = 0.8;
/** A tick that comes this share of an interval too early is still the next one. */
const TOLERANCE = 0.1;

export interface Schedule {
  /** Cycles left out because the one before was still running, or because the process had no time for them. */
  readonly missed: number;
  /** No tick starts after this; resolves when a running one has ended. */
  stop(): Promise<void>;
}

/**
 * Ticks on a grid of the wall clock (multiples of the interval since the epoch, plus the phase), so that two nodes with
 * the same interval fire together and share one read, and nothing drifts. A late cycle is counted, never queued.
 */
export function startSchedule(options: ScheduleOptions): Schedule {
  const { intervalMs, clock } = options;
  const phaseMs = options.phaseMs ?? 0;
  let timer: Timer | undefined;
  let running: Promise<void> | undefined;
  let stopped = false;
  let missed = 0;
  /** By the monotonic clock. */
  let lastTickAt: number | undefined;

  const tick = (slot: number): void => {
    const tickAt = clock.monotonic();
    const sinceMs = tickAt - (lastTickAt ?? tickAt);
    missed += Math.max(0, Math.floor(sinceMs / intervalMs + TOLERANCE) - 1);
    lastTickAt = tickAt;
    arm();
    if (running !== undefined) {
      missed++;
      return;
    }
    running = options
      .onTick(slot)
      .catch(options.onError)
      .finally(() => {
        running = undefined;
      });
  };

  const arm = (): void => {
    if (stopped) return;
    const now = clock.now();
    // A timer may fire just before its slot, and a start at once just before the grid: no two ticks come close together.
    // That is told by the monotonic clock, so that setting the wall clock costs no tick.
    const earliest = lastTickAt === undefined ? 0 : lastTickAt + CLOSEST_TICKS * intervalMs - clock.monotonic();
    let slot = (Math.floor((now - phaseMs) / intervalMs) + 1) * intervalMs + phaseMs;
    while (slot - now < earliest) slot += intervalMs;
    timer = clock.after(slot - now, () => {
      tick(slot);
    });
  };

  if (options.firstAfterMs === undefined) arm();
  else {
    timer = clock.after(options.firstAfterMs, () => {
      tick(clock.now());
    });
  }
  return {
    get missed() {
      return missed;
    },
    async stop() {
      stopped = true;
      timer?.cancel();
      await running;
    },
  };
}
