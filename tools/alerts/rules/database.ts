import type { Durations } from '../promql';
import { EXPERIENCE } from './words';
import type { AlertRule } from '../rule';

/** As long as a status that is told no more is missed: over a weekend. One that was never told nobody expects. */
const MISSED_SECONDS = 3 * 86_400;

/** Whether the database keeps what it was set up to keep. */
export function databaseRules(span: Durations): readonly AlertRule[] {
  const status = 'pm500_tier_is_behind';
  const latest = `max by (instance, tier) (${status})`;
  const expected = `max by (instance, tier) (last_over_time(${status}[${span.of(MISSED_SECONDS)}]))`;
  return [
    {
      id: 'TierBehind',
      group: 'database',
      severity: 'warning',
      // Of `pm500 influx status --prometheus`, brought by pm500-tier-status.timer or a textfile collector.
      value: `${latest} or (${expected} * 0 + 1 unless ${latest})`,
      condition: 'above',
      limit: 0,
      unit: 'state',
      forSeconds: 1800,
      summary:
        'The tier {{ $labels.tier }} of the database is behind the raw points, as its continuous query, task or roll-up does not run; or how far it has come is told no more.',
      source: EXPERIENCE,
    },
  ];
}
