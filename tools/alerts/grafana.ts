import { stringify } from 'yaml';
import { METRICS_DATASOURCE } from '../grafana/names';
import { GENERATED } from './generated';
import { durationOf } from './promql';
import { ALERT_GROUPS, annotationsOf, slugOf, type AlertRule } from './rule';
import { WATCHDOG } from './vmalert';

/** Grafana evaluates at multiples of 10 s. */
const EVERY_SECONDS = 30;
const LOOK_BACK_SECONDS = 600;
const EXPRESSION = '__expr__';

/** What a rule of Grafana is made of. */
type Provisioned = Pick<AlertRule, 'id' | 'group' | 'value' | 'condition' | 'limit' | 'forSeconds' | 'summary'> & {
  readonly severity: string;
};

/** `PhaseLoss` is `pm500-phase-loss`; a uid has at most 40 characters. */
const uidOf = (rule: Provisioned): string => `pm500-${slugOf(rule)}`;

/** Grafana gives the value of a query by its letter. */
const summaryOf = ({ summary }: Provisioned): string => summary.replaceAll('$value', '$values.A.Value');

function query(refId: string, datasourceUid: string, model: object): object {
  const from = datasourceUid === EXPRESSION ? 0 : LOOK_BACK_SECONDS;
  return { refId, relativeTimeRange: { from, to: 0 }, datasourceUid, model: { refId, ...model } };
}

/** The dead man's switch, as vmalert has it. */
const DEAD_MAN: Provisioned = {
  ...WATCHDOG,
  group: 'gateway',
  condition: 'above',
  limit: 0,
  forSeconds: 0,
  severity: 'none',
};

function ruleOf(rule: Provisioned): object {
  const { id, value, condition, limit, forSeconds, severity } = rule;
  const evaluator = { type: condition === 'above' ? 'gt' : 'lt', params: [limit] };
  return {
    uid: uidOf(rule),
    title: id,
    condition: 'C',
    data: [
      query('A', METRICS_DATASOURCE, { expr: value, instant: true, range: false }),
      query('C', EXPRESSION, { type: 'threshold', expression: 'A', conditions: [{ evaluator }] }),
    ],
    // An expression without a series says that nothing is wrong; that data are missing is an alert of its own.
    noDataState: 'OK',
    execErrState: 'Error',
    for: durationOf(forSeconds),
    // By which the policies tell who is told; vmalert has it from its command line.
    labels: { severity, environment: '${PM500_ENVIRONMENT}' },
    // Grafana leaves annotations as they are, but replaces $NAME everywhere else.
    annotations: annotationsOf({ ...rule, summary: summaryOf(rule) }),
  };
}

/** Alert rules as Grafana 10 and later provisions them from a file. */
export function grafanaRulesFile(rules: readonly AlertRule[]): string {
  const groups = ALERT_GROUPS.map((group) => ({
    orgId: 1,
    name: `pm500-${group}`,
    folder: 'PowerMonitor 500',
    interval: durationOf(EVERY_SECONDS),
    rules: [DEAD_MAN, ...rules].filter((rule) => rule.group === group).map((rule) => ruleOf(rule)),
  })).filter(({ rules: found }) => found.length > 0);
  return `# ${GENERATED}\n${stringify({ apiVersion: 1, groups }, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}
