import { Pm500Error } from '../support/errors';
import { precisionThatFits, type OnTime } from './message-time';

/** No meter of a site that runs today was read before. */
const EARLIEST_MS = Date.UTC(2000, 0);
/** Forecasts and plans lie ahead, but no further. Milliseconds: ten years. */
const AHEAD_MS = 10 * 366 * 86_400_000;
/** Less than this the clock of a gateway says only before it was set. */
const CLOCK_SET_MS = Date.UTC(2026, 0);

/**
 * Watches times that were given as numbers for those that are of another unit: seconds taken for milliseconds lie in
 * January 1970. They are written as they are, as other InfluxDB nodes do, since nobody knows better; but it is said, once.
 * While the clock of the gateway itself is before 2000, a time of then may be its own, and nothing is said of it.
 * @param now epoch milliseconds
 * @param warn gets a Pm500Error MESSAGE_TIME_UNLIKELY
 */
export function watchTimes(now: () => number, warn: (error: Pm500Error) => void): OnTime {
  let hasWarned = false;
  return (time, unitMs) => {
    if (hasWarned) return;
    const latest = Math.max(now(), CLOCK_SET_MS) + AHEAD_MS;
    const isLikely = (at: number): boolean => at >= EARLIEST_MS && at <= latest;
    if (isLikely(time) || (time < EARLIEST_MS && now() < EARLIEST_MS)) return;
    hasWarned = true;
    const precision = precisionThatFits(time, unitMs, isLikely);
    const what = precision === undefined ? 's, ms, us or ns' : `mostly '${precision}'`;
    const message = `A point of a message goes to ${new Date(time).toISOString()}: say the unit of its time in msg.precision (${what}), or send epoch milliseconds; this is said once.`;
    warn(new Pm500Error('MESSAGE_TIME_UNLIKELY', message, { details: { time } }));
  };
}
