import type { Value } from '../messages/reading';

/** How bad it is, the least first. */
export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/**
 * When a rule holds:
 * - `above`, `below`: the number is beyond `limit`
 * - `outside`: the number is below `low` or above `high`
 * - `equal`: the value is `limit`
 * - `missing`: there is no value, or a bad one; with `onDelaySeconds`, for so long
 * - `changed`: the value differs from the one before
 */
export const ALARM_CONDITIONS = ['above', 'below', 'outside', 'equal', 'missing', 'changed'] as const;
export type AlarmCondition = (typeof ALARM_CONDITIONS)[number];

/** One alarm, as data. Read from JSON by `parseAlarmRules`; docs/alarms.md explains every member. */
export interface AlarmRule {
  /** Unique among the rules of a meter; lower snake case. */
  readonly id: string;
  /** A metric of the catalog, of the KPIs or of the site's own layout. */
  readonly metric: string;
  readonly condition: AlarmCondition;
  /** `above`, `below`: a number; `equal`: what the value must be. */
  readonly limit?: Exclude<Value, null>;
  /** `outside` only. */
  readonly low?: number;
  readonly high?: number;
  /** The condition ends only this far on the good side of the limit, in the metric's unit. */
  readonly hysteresis: number;
  /** The condition must hold this long before the alarm is raised. */
  readonly onDelaySeconds: number;
  /** It must be over this long before the alarm is cleared. */
  readonly offDelaySeconds: number;
  /** A latching alarm stays until a person resets it after the condition is over. */
  readonly latching: boolean;
  readonly severity: Severity;
  /** One sentence for people. */
  readonly message: string;
  /** Where the limit comes from. */
  readonly source?: string;
  /** True for a rule that nobody wrote for this site. */
  readonly isDefault?: boolean;
}
