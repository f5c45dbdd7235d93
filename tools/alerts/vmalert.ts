import { stringify } from 'yaml';
import { GENERATED } from './generated';
import { durationOf } from './promql';
import { ALERT_GROUPS, expressionOf, annotationsOf, type AlertRule } from './rule';

/** How often rules are evaluated, seconds. */
export const EVERY_SECONDS = 15;

/** A dead man's switch: it always fires, and its silence says that alerting itself is dead. */
export const WATCHDOG = { id: 'Watchdog', value: 'vector(1)', summary: 'Alerting works; this one always fires.' };
const WATCHDOG_RULE = {
  alert: WATCHDOG.id,
  expr: WATCHDOG.value,
  labels: { severity: 'none' },
  annotations: annotationsOf(WATCHDOG),
};

function ruleOf(rule: AlertRule): object {
  const { id, forSeconds, severity } = rule;
  return {
    alert: id,
    expr: expressionOf(rule),
    ...(forSeconds === 0 ? {} : { for: durationOf(forSeconds) }),
    labels: { severity },
    annotations: annotationsOf(rule),
  };
}

/**
 * The rule file of vmalert; Prometheus reads it as well.
 * @param everySeconds how often rules are evaluated
 */
export function vmalertFile(rules: readonly AlertRule[], everySeconds = EVERY_SECONDS): string {
  const groups = ALERT_GROUPS.map((group) => ({
    name: `pm500-${group}`,
    interval: `${everySeconds}s`,
    rules: [
      ...(group === 'gateway' ? [WATCHDOG_RULE] : []),
      ...rules.filter((rule) => rule.group === group).map((rule) => ruleOf(rule)),
    ],
  })).filter(({ rules: found }) => found.length > 0);
  return `# ${GENERATED}\n${stringify({ groups }, { lineWidth: 0 })}`;
}
