import { table } from '../markdown';
import { durationOf } from './promql';
import { runbookOf, type AlertRule, type AlertUnit } from './rule';

const HEAD = `# Alert rules

Made from the alert rules by \`npx tsx tools/alerts/main.ts\`; do not edit. How they are set up is in [alerting.md](alerting.md).
`;

const DAY = 86_400;
const LIMIT_TEXTS: Readonly<Record<AlertUnit, (limit: number) => string>> = {
  seconds: (limit) => (limit % DAY === 0 ? `${limit / DAY} days` : durationOf(limit)),
  share: (limit) => `${Number((100 * limit).toFixed(3))} %`,
  percent: (limit) => `${limit} %`,
  count: String,
  number: String,
  state: () => '',
};

function limitText({ condition, limit, unit }: AlertRule): string {
  const text = LIMIT_TEXTS[unit](limit);
  return text === '' ? '' : `${condition} ${text}`;
}

function cellsOf(rule: AlertRule): readonly string[] {
  const { id, severity, forSeconds, source } = rule;
  return [
    `[\`${id}\`](${runbookOf(rule)})`,
    severity,
    limitText(rule),
    forSeconds === 0 ? 'at once' : durationOf(forSeconds),
    source,
  ];
}

/** The page that lists every alert rule. */
export function alertsPage(rules: readonly AlertRule[]): string {
  const heading = ['alert and runbook', 'severity', 'value', 'for', 'source of the limit'];
  return `${HEAD}\n${table(heading, rules.map(cellsOf))}\n`;
}
