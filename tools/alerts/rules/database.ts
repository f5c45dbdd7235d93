import { EXPERIENCE } from './words';
import type { AlertRule } from '../rule';

/** Whether the database keeps what it was set up to keep. */
export function databaseRules(): readonly AlertRule[] {
  return [
    {
      id: 'TierBehind',
      group: 'database',
      severity: 'warning',
      // Of `pm500 influx status --prometheus`, brought by pm500-tier-status.timer or a textfile collector.
      value: 'max by (instance, tier) (pm500_tier_is_behind)',
      condition: 'above',
      limit: 0,
      unit: 'state',
      forSeconds: 1800,
      summary:
        'The tier {{ $labels.tier }} of the database is behind the raw points: its continuous query or roll-up does not run.',
      source: EXPERIENCE,
    },
  ];
}
