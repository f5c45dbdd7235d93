/** Metrics that functions write into their logs (CloudWatch embedded metric format). */
export const METRICS = { namespace: 'pm500', refused: 'RefusedRecords' } as const;

/** A log must not grow with what somebody sends. */
const MOST_REASONS = 10;
const LONGEST_REASON = 200;

/**
 * A line of a log that counts records which are none, and says why.
 * @param now epoch milliseconds
 */
export function refusedRecords(reasons: readonly string[], now: number): string {
  const { namespace, refused } = METRICS;
  return JSON.stringify({
    _aws: {
      Timestamp: now,
      CloudWatchMetrics: [{ Namespace: namespace, Dimensions: [[]], Metrics: [{ Name: refused, Unit: 'Count' }] }],
    },
    [refused]: reasons.length,
    reasons: reasons.slice(0, MOST_REASONS).map((each) => each.slice(0, LONGEST_REASON)),
  });
}
