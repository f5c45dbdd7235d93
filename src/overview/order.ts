import type { ActiveAlarm } from '../domain/alarms/alarm-set';
import { SEVERITIES } from '../domain/alarms/rule';
import { TASK_KINDS, type TaskRow } from './rows';

/** Names as people look for them: in the order of their characters, the same on every machine. */
export function byName({ name: left }: { readonly name: string }, { name: right }: { readonly name: string }): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** The most urgent first. */
export function byUrgency(left: TaskRow, right: TaskRow): number {
  return TASK_KINDS.indexOf(left.kind) - TASK_KINDS.indexOf(right.kind);
}

type Attention = Pick<ActiveAlarm, 'acknowledged' | 'severity' | 'since'>;

/** What nobody has acknowledged first, then what is graver, then what is newer. */
export function byAttention(left: Attention, right: Attention): number {
  return (
    Number(left.acknowledged) - Number(right.acknowledged) ||
    SEVERITIES.indexOf(right.severity) - SEVERITIES.indexOf(left.severity) ||
    right.since - left.since
  );
}
