import { explain, spanOf, type CounterLimits, type CounterStanding } from './line';
import type { Step } from './step';
import { newTrack, type Track } from './track';

/** For so long a meter may be away while another one answers at its address, ms. */
const AWAY_MS = 24 * 3_600_000;

/**
 * The meter that was there before, by its serial number, is back: it counted on, and what another one counted at its
 * address in between is not counted again.
 */
export function returned(
  { left }: Track,
  now: CounterStanding,
  serialNumber: number | undefined,
  limits: CounterLimits,
): Step | undefined {
  if (left === undefined || left.serialNumber !== serialNumber) return undefined;
  if (spanOf(left.standing, now, limits) > AWAY_MS) return undefined;
  const moved = explain(left.standing, now, limits);
  if (moved === undefined) return undefined;
  const owed = Math.max(0, left.counted - moved);
  return {
    track: newTrack(now, { owed }),
    added: Math.max(0, moved - left.counted),
    from: now,
    reason: 'counter_reset',
    event: undefined,
    proved: undefined,
  };
}
