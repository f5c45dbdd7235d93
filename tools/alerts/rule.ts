import type { Severity } from '../../src/domain/alarms/rule';

export const ALERT_GROUPS = ['gateway', 'meters', 'supply', 'demand', 'delivery', 'database'] as const;
export type AlertGroup = (typeof ALERT_GROUPS)[number];

/** `state`: the limit tells two states apart; `number`: neither a share of something nor in a unit. */
export type AlertUnit = 'seconds' | 'share' | 'percent' | 'count' | 'number' | 'state';

/** An alert rule as data; each alert system gets it in its own form. */
export interface AlertRule {
  /** UpperCamelCase; `docs/runbooks/<id>.md` says what to do. */
  readonly id: string;
  readonly group: AlertGroup;
  readonly severity: Severity;
  /** PromQL with one number for each meter, sink or whatever else the alert is about. */
  readonly value: string;
  /** The alert holds while the value is above, or below, this. */
  readonly condition: 'above' | 'below';
  readonly limit: number;
  /** What the value and the limit are counted in. */
  readonly unit: AlertUnit;
  /** How long it must hold, seconds. */
  readonly forSeconds: number;
  /** One sentence for people, with labels as Go templates write them. */
  readonly summary: string;
  /** Where the limit comes from. */
  readonly source: string;
  /** Alerts of the same meter, sink or host that say less about the same thing: nobody is told of them meanwhile. */
  readonly inhibits?: readonly string[];
}

/** The expression that has a series exactly while the alert holds. */
export const expressionOf = ({ value, condition, limit }: AlertRule): string =>
  `(${value}) ${condition === 'above' ? '>' : '<'} ${limit}`;

/** `PhaseLoss` is `phase-loss` in names of files and in identifiers. */
export const slugOf = ({ id }: Pick<AlertRule, 'id'>): string =>
  id.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();

/** Where its runbook is, below `docs`. */
export const runbookOf = (rule: Pick<AlertRule, 'id'>): string => `runbooks/${slugOf(rule)}.md`;

/** What people are told beside the name of an alert. */
export const annotationsOf = (rule: Pick<AlertRule, 'id' | 'summary'>): object => ({
  summary: rule.summary,
  runbook_url: `docs/${runbookOf(rule)}`,
});
