import type { Metric } from '../../metrics/measurement';
import { describeValue, Expect, isRecord, type UnknownRecord } from '../../support/expect';
import { collectProblems } from '../../support/problems';
import { ALARM_CONDITIONS, SEVERITIES, type AlarmRule, type AlarmCondition } from './rule';
import { RULE_MEMBERS } from './rule-shape';

const expect = new Expect('CONFIG_INVALID', 'correct the rule; the other rules keep working.');

/** The property of the node: sentences and the form have one name for it. */
const PROPERTY = 'alarmRules';
const ID = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;
const KEYS = Object.keys(RULE_MEMBERS);
const NUMERIC: readonly AlarmCondition[] = ['above', 'below', 'outside'];

/** Metrics that rules may name, by name. */
export type KnownMetrics = Pick<ReadonlyMap<string, Pick<Metric, 'kind'>>, 'get'>;

function atLeastZero(path: string, value: unknown): number {
  if (value === undefined) return 0;
  const number = expect.finite(path, value);
  return number >= 0 ? number : expect.fail(path, value, 'a number from 0');
}

function optionalFlag(path: string, value: unknown): boolean {
  return value === undefined ? false : expect.flag(path, value);
}

/** The limits that the condition needs; others are refused, so that nobody believes in a limit that is not looked at. */
function limitsOf(
  path: string,
  row: UnknownRecord,
  condition: AlarmCondition,
  kind: Metric['kind'],
): Partial<AlarmRule> {
  const needed =
    condition === 'outside' ? ['low', 'high'] : ['above', 'below', 'equal'].includes(condition) ? ['limit'] : [];
  const extra = ['limit', 'low', 'high'].find((key) => row[key] !== undefined && !needed.includes(key));
  if (extra !== undefined)
    expect.fail(`${path}.${extra}`, row[extra], `nothing, because "${condition}" does not use it`);
  if (condition === 'outside') {
    const low = expect.finite(`${path}.low`, row['low']);
    const high = expect.finite(`${path}.high`, row['high']);
    return low < high ? { low, high } : expect.fail(`${path}.high`, high, `a number above "low" (${low})`);
  }
  if (condition !== 'equal') return needed.length === 0 ? {} : { limit: expect.finite(`${path}.limit`, row['limit']) };
  if (kind === 'state') return { limit: expect.flag(`${path}.limit`, row['limit']) };
  if (kind === 'text') return { limit: expect.text(`${path}.limit`, row['limit']) };
  return { limit: expect.finite(`${path}.limit`, row['limit']) };
}

function hysteresisOf(path: string, row: UnknownRecord, condition: AlarmCondition, limits: Partial<AlarmRule>): number {
  const hysteresis = atLeastZero(path, row['hysteresis']);
  if (hysteresis === 0) return 0;
  if (!NUMERIC.includes(condition)) expect.fail(path, hysteresis, `nothing, because "${condition}" does not use it`);
  const { low = 0, high = Number.POSITIVE_INFINITY } = limits;
  if (condition === 'outside' && hysteresis >= (high - low) / 2) {
    expect.fail(path, hysteresis, 'less than half of the range, or the alarm could never end');
  }
  return hysteresis;
}

function onDelayOf(path: string, row: UnknownRecord, condition: AlarmCondition): number {
  const seconds = atLeastZero(path, row['onDelaySeconds']);
  if (condition === 'missing' && seconds === 0) {
    expect.fail(path, row['onDelaySeconds'], 'the seconds after which a value counts as missing');
  }
  if (condition === 'changed' && seconds > 0) {
    expect.fail(path, seconds, 'nothing, because a change is over at the next value');
  }
  return seconds;
}

function parseRule(path: string, value: unknown, metrics: KnownMetrics): AlarmRule {
  const row = expect.record(path, value);
  const id = expect.text(`${path}.id`, row['id']);
  if (!ID.test(id)) expect.fail(`${path}.id`, id, 'lower snake case, for instance voltage_high');
  const name = expect.text(`${path}.metric`, row['metric']);
  const metric = metrics.get(name) ?? expect.fail(`${path}.metric`, name, 'the name of a metric or KPI');
  const condition = expect.choice(`${path}.condition`, row['condition'], ALARM_CONDITIONS);
  if (NUMERIC.includes(condition) && (metric.kind === 'state' || metric.kind === 'text')) {
    expect.fail(`${path}.condition`, condition, `one of equal, missing, changed, because ${name} is no number`);
  }
  const limits = limitsOf(path, row, condition, metric.kind);
  return {
    id,
    metric: name,
    condition,
    ...limits,
    hysteresis: hysteresisOf(`${path}.hysteresis`, row, condition, limits),
    onDelaySeconds: onDelayOf(`${path}.onDelaySeconds`, row, condition),
    offDelaySeconds: atLeastZero(`${path}.offDelaySeconds`, row['offDelaySeconds']),
    latching: optionalFlag(`${path}.latching`, row['latching']),
    severity:
      row['severity'] === undefined ? 'warning' : expect.choice(`${path}.severity`, row['severity'], SEVERITIES),
    message:
      row['message'] === undefined ? `${id}: ${name} ${condition}.` : expect.text(`${path}.message`, row['message']),
    ...(row['source'] === undefined ? {} : { source: expect.text(`${path}.source`, row['source']) }),
  };
}

/** A sentence for each member that nobody looks at: a limit or a text in it would be missed without a word. */
function unknownMembers(path: string, value: unknown): string[] {
  if (!isRecord(value)) return [];
  return (
    Object.keys(value)
      // Default alarms say with `provenance` where a limit is from; who copies one may keep it.
      .filter((key) => key !== 'provenance' && !KEYS.includes(key))
      .map((key) => {
        const meant = KEYS.find((known) => known.toLowerCase() === key.toLowerCase());
        const belongs = meant === undefined ? `one of ${KEYS.join(', ')}` : `"${meant}"`;
        const advice = 'correct the name; the rule works without it.';
        return `${path} has the member ${describeValue(key)}, which no rule has, expected ${belongs}; ${advice}`;
      })
  );
}

function rowsOf(value: unknown): readonly unknown[] {
  if (isRecord(value)) expect.fail(PROPERTY, value, 'a list of rules: put [ ] around it');
  return expect.array(PROPERTY, value);
}

export interface ParsedRules {
  readonly rules: readonly AlarmRule[];
  /** One sentence for each rule, or member of a rule, that could not be used. */
  readonly problems: readonly string[];
}

/**
 * Reads alarm rules. A rule that cannot be used is left out and said, with its path and the fix; the others work.
 * @param metrics what rules may name: `ALL_METRICS` by name, with the site's own
 */
export function parseAlarmRules(value: unknown, metrics: KnownMetrics): ParsedRules {
  const rules: AlarmRule[] = [];
  const { sentences: problems, attempt } = collectProblems('CONFIG_INVALID');
  attempt(() => {
    rowsOf(value).forEach((row, index) => {
      attempt(() => {
        const path = `${PROPERTY}[${index}]`;
        const rule = parseRule(path, row, metrics);
        if (rules.some(({ id }) => id === rule.id)) expect.fail(`${path}.id`, rule.id, 'an id that no other rule has');
        rules.push(rule);
        problems.push(...unknownMembers(path, row));
      });
    });
  });
  return { rules, problems };
}
