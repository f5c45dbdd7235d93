import { isRecord } from '../../support/expect';
import { QUALITIES, type Quality } from '../quality/quality';
import type { Value } from '../messages/reading';
import { SEVERITIES, type AlarmRule } from './rule';

/**
 * What is remembered of one rule. Plain JSON. The rule's own members stand in it, so that a rule which only kept its id
 * does not inherit the state of another, and so that an alarm whose rule is gone can still be ended in words.
 */
export interface RuleState extends Pick<AlarmRule, 'metric' | 'condition' | 'severity' | 'message'> {
  /** Whether the condition holds, as far as was last known. */
  readonly holds: boolean;
  /** Since when it holds, or does not, epoch milliseconds UTC. */
  readonly turnedMs: number;
  /** For how long values showed it so: what the delays are compared with, ms. */
  readonly heldMs: number;
  /** When there was last a value that could be used, or the beginning, epoch milliseconds UTC. */
  readonly seenMs: number;
  /** True when receivers were told that the rule cannot be judged. */
  readonly isToldUnjudged: boolean;
  /** Present while the alarm is in the table. */
  readonly active?: ActiveState;
  /** The last value that could be used. */
  readonly previous?: Exclude<Value, null>;
}

export interface ActiveState {
  /** When the condition began to hold. */
  readonly sinceMs: number;
  readonly acknowledged: boolean;
  /** When that was, epoch milliseconds UTC, and who did it, as far as that was told. */
  readonly acknowledgedMs?: number;
  readonly acknowledgedBy?: string;
  /** The last value seen, null where there was none; each one takes the place of the one before. */
  value: Value;
  quality: Quality;
}

export interface AlarmSetState {
  readonly format: typeof FORMAT;
  readonly rules: Readonly<Record<string, RuleState>>;
}

export const FORMAT = 'pm500.alarms/2';

function isValue(value: unknown): value is Exclude<Value, null> {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
}

function readActive(saved: unknown): ActiveState | undefined {
  if (!isRecord(saved) || typeof saved['sinceMs'] !== 'number' || typeof saved['acknowledged'] !== 'boolean') {
    return undefined;
  }
  const { sinceMs, acknowledged, acknowledgedMs, acknowledgedBy, value } = saved;
  const quality = QUALITIES.find((each) => each === saved['quality']) ?? 'bad';
  return {
    sinceMs,
    acknowledged,
    ...(typeof acknowledgedMs === 'number' ? { acknowledgedMs } : {}),
    ...(typeof acknowledgedBy === 'string' ? { acknowledgedBy } : {}),
    value: isValue(value) ? value : null,
    quality,
  };
}

function readRule(saved: unknown): RuleState | undefined {
  if (!isRecord(saved)) return undefined;
  const { metric, condition, message, holds, turnedMs, heldMs, seenMs, isToldUnjudged, previous } = saved;
  const severity = SEVERITIES.find((each) => each === saved['severity']);
  if (typeof metric !== 'string' || typeof condition !== 'string' || typeof message !== 'string') return undefined;
  if (severity === undefined || typeof holds !== 'boolean') return undefined;
  if (typeof turnedMs !== 'number' || typeof heldMs !== 'number' || typeof seenMs !== 'number') return undefined;
  const active = readActive(saved['active']);
  return {
    metric,
    condition: condition as AlarmRule['condition'],
    severity,
    message,
    holds,
    turnedMs,
    heldMs: Math.max(0, heldMs),
    seenMs,
    isToldUnjudged: isToldUnjudged === true,
    ...(active === undefined ? {} : { active }),
    ...(isValue(previous) ? { previous } : {}),
  };
}

/** Reads a saved state; what is not readable is left out, and its rule starts anew. */
export function restoreAlarms(saved: unknown): ReadonlyMap<string, RuleState> {
  const rules = new Map<string, RuleState>();
  if (!isRecord(saved) || saved['format'] !== FORMAT || !isRecord(saved['rules'])) return rules;
  for (const [id, entry] of Object.entries(saved['rules'])) {
    const state = readRule(entry);
    if (state !== undefined) rules.set(id, state);
  }
  return rules;
}
