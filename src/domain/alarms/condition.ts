import type { Value } from '../messages/reading';
import type { AlarmRule } from './rule';

/** Whether a condition holds; undefined where the value says nothing about it. */
export type Holds = boolean | undefined;

/** A number against the limits of a rule. A condition that held ends only beyond its hysteresis. */
function compareNumber(rule: AlarmRule, value: number, held: boolean): Holds {
  const slack = held ? rule.hysteresis : 0;
  const limit = typeof rule.limit === 'number' ? rule.limit : undefined;
  if (rule.condition === 'above') return limit === undefined ? undefined : value > limit - slack;
  if (rule.condition === 'below') return limit === undefined ? undefined : value < limit + slack;
  if (rule.low === undefined || rule.high === undefined) return undefined;
  return value < rule.low + slack || value > rule.high - slack;
}

/**
 * Whether the condition of a rule holds for a value that can be used.
 * @param held whether it held before, for the hysteresis
 * @param previous the value before, for `changed`
 */
export function conditionHolds(rule: AlarmRule, value: Value, held: boolean, previous: Value | undefined): Holds {
  if (value === null) return undefined;
  switch (rule.condition) {
    case 'above':
    case 'below':
    case 'outside':
      return typeof value === 'number' ? compareNumber(rule, value, held) : undefined;
    case 'equal':
      return value === rule.limit;
    case 'changed':
      return previous !== undefined && value !== previous;
    case 'missing':
      return false;
  }
}

/** The limit that a value is measured against, for people: that side of `outside` that it is nearer to. */
export function limitOf(rule: AlarmRule, value: Value): Value {
  if (rule.condition !== 'outside') return rule.limit ?? null;
  const { low = Number.NaN, high = Number.NaN } = rule;
  if (typeof value !== 'number') return null;
  return Math.abs(value - low) <= Math.abs(value - high) ? low : high;
}
