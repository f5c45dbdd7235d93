import { Pm500Error } from '../support/errors';

/** No meter of a site that runs today was read before. */
const EARLIEST_MS = Date.UTC(2000, 0);
/** Forecasts and plans lie ahead, but no further. Milliseconds: ten years. */
const AHEAD_MS = 10 * 366 * 86_400_000;
/** Less than this the clock of a gateway says only before it was set. */
const CLOCK_SET_MS = Date.UTC(2026, 0);

/**
 * Watches times that were given as numbers for those that are of another unit: seconds taken for milliseconds lie in
 * January 1970. They are written as they are, as other InfluxDB nodes do, since nobody knows better; but it is said, once.
 * @param now epoch milliseconds
 * @param warn gets a Pm500Error MESSAGE_TIME_UNLIKELY
 */
export function watchTimes(now: () => number, warn: (error: Pm500Error) => void): (time: number) => void {
  let hasWarned = false;
  return (time) => {
    if (hasWarned) return;
    const latest = Math.max(now(), CLOCK_SET_MS) + AHEAD_MS;
    if (time >= EARLIEST_MS && time <= latest) return;
    hasWarned = true;
    const message = `A point of a message goes to ${new Date(time).toISOString()}: say the unit of its time in msg.precision (s, ms, us, ns), or send epoch milliseconds; this is said once.`;
    warn(new Pm500Error('MESSAGE_TIME_UNLIKELY', message, { details: { time } }));
  };
}
