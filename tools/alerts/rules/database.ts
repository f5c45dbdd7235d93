import type { Durations } from '../promql';
import { EXPERIENCE } from './words';
import type { AlertRule } from '../rule';

/** As long as a status that is told no more is missed: over a weekend. One that was never told nobody expects. */
const MISSED_SECONDS = 3 * 86_400;

/** A backup is told when it ends, once a night; VictoriaMetrics keeps a month of what it was told. */
const BACKUP_TOLD_SECONDS = 30 * 86_400;
/** A night has four tries, ten minutes apart. */
const TRIES_SECONDS = 2700;

/** Whether the database keeps what it was set up to keep, and is backed up. */
export function databaseRules(span: Durations): readonly AlertRule[] {
  const status = 'pm500_tier_is_behind';
  const latest = `max by (instance, tier) (${status})`;
  const expected = `max by (instance, tier) (last_over_time(${status}[${span.of(MISSED_SECONDS)}]))`;
  const backup = (name: string): string =>
    `max by (instance, part) (last_over_time(${name}[${span.of(BACKUP_TOLD_SECONDS)}]))`;
  return [
    {
      id: 'BackupFailed',
      group: 'database',
      severity: 'warning',
      // Of deploy/backup/tell.sh, which pm500-backup.service runs after each try.
      value: backup('pm500_backup_failed'),
      condition: 'above',
      limit: 0,
      unit: 'state',
      forSeconds: TRIES_SECONDS,
      summary: 'The last backup of {{ $labels.part }} at {{ $labels.instance }} failed, also when it was tried again.',
      source: 'any failure; a night has four tries within 30 minutes',
    },
    {
      id: 'BackupOverdue',
      group: 'database',
      severity: 'warning',
      value: `time() - ${backup('pm500_backup_due_seconds')}`,
      condition: 'above',
      limit: 0,
      unit: 'state',
      forSeconds: 600,
      summary:
        'A backup of {{ $labels.part }} at {{ $labels.instance }} should have been made {{ $value | humanizeDuration }} ago.',
      source: '7 days, as the readiness checks, or BACKUP_DAYS of the site',
      inhibits: ['BackupFailed'],
    },
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
