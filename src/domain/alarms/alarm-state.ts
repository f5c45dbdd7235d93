import { isRecord } from '../../support/expect';
import { QUALITIES, type Quality } from '../quality';
import type { Value } from '../reading';

/** What is remembered of one rule. Plain JSON. */
export interface RuleState {
  /** Whether the condition holds, as far as was last known. */
  readonly holds: boolean;
  /** Since when it holds, or does not: what the delays count from. */
  readonly turnedMs: number;
  /** When there was last a value that could be used, or the beginning. */
  readonly seenMs: number;
  /** Present while the alarm is in the table. */
  readonly active?: ActiveState;
  /** The last value that could be used. */
  readonly previous?: Exclude<Value, null>;
}

export interface ActiveState {
  /** When the condition began to hold. */
  readonly sinceMs: number;
  readonly acknowledged: boolean;
  /** The last value seen, null where there was none. */
  readonly value: Value;
  readonly quality: Quality;
}

export interface AlarmSetState {
  readonly format: 'pm500.alarms/1';
  readonly nowMs: number;
  readonly rules: Readonly<Record<string, RuleState>>;
}

function isValue(value: unknown): value is Exclude<Value, null> {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
}

function readActive(saved: unknown): ActiveState | undefined {
  if (!isRecord(saved) || typeof saved['sinceMs'] !== 'number' || typeof saved['acknowledged'] !== 'boolean') {
    return undefined;
  }
  const { sinceMs, acknowledged, value } = saved;
  const quality = QUALITIES.find((each) => each === saved['quality']) ?? 'bad';
  return { sinceMs, acknowledged, value: isValue(value) ? value : null, quality };
}

function readRule(saved: unknown): RuleState | undefined {
  if (!isRecord(saved)) return undefined;
  const { holds, turnedMs, seenMs, previous } = saved;
  if (typeof holds !== 'boolean' || typeof turnedMs !== 'number' || typeof seenMs !== 'number') return undefined;
  const active = readActive(saved['active']);
  return {
    holds,
    turnedMs,
    seenMs,
    ...(active === undefined ? {} : { active }),
    ...(isValue(previous) ? { previous } : {}),
  };
}

/** Reads a saved state; what is not readable is left out, and its rule starts anew. */
export function restoreAlarms(saved: unknown): { readonly nowMs: number; readonly rules: Map<string, RuleState> } {
  const rules = new Map<string, RuleState>();
  if (!isRecord(saved) || saved['format'] !== 'pm500.alarms/1' || !isRecord(saved['rules'])) {
    return { nowMs: Number.NEGATIVE_INFINITY, rules };
  }
  for (const [id, entry] of Object.entries(saved['rules'])) {
    const state = readRule(entry);
    if (state !== undefined) rules.set(id, state);
  }
  const nowMs = saved['nowMs'];
  return { nowMs: typeof nowMs === 'number' ? nowMs : Number.NEGATIVE_INFINITY, rules };
}
