import { stringify } from 'yaml';
import { GENERATED } from './generated';
import type { AlertRule } from './rule';

/** What two alerts must have in common for one to silence the other; what both lack is in common. */
const SAME = ['environment', 'site', 'area', 'line', 'asset', 'meter', 'instance', 'node', 'target', 'path', 'part'];

const HEAD = `# ${GENERATED}
# The bootstraps of the stack put in what the site has set (docs/alerting.md). By hand: replace smtp_smarthost, smtp_from, each "to" and
# the URLs, and take email_configs or webhook_configs away where there is no mail server or no web hook.
`;

/** Its receivers are told apart by what is appended: their names. */
const WEB_HOOK = 'http://127.0.0.1:9095';

interface Receiver {
  readonly name: string;
  readonly webhook_configs?: readonly { readonly url: string; readonly send_resolved: boolean }[];
  readonly email_configs?: readonly { readonly to: string; readonly send_resolved: boolean }[];
}

/** By both ways: a site that has only one of them must miss nothing. */
const told = (name: string, to: string): Receiver => ({
  name,
  email_configs: [{ to, send_resolved: true }],
  webhook_configs: [{ url: `${WEB_HOOK}/${name}`, send_resolved: true }],
});

/** Who is told: by `environment`, a label that vmalert gives to all alerts, and by severity. */
export const RECEIVERS: readonly Receiver[] = [
  { name: 'nobody' },
  told('test', 'energy@localhost'),
  told('mail', 'energy@localhost'),
  told('on-call', 'energy-on-call@localhost'),
  // Every five minutes, for a service that alarms when it stops coming: no mail.
  { name: 'watchdog', webhook_configs: [{ url: `${WEB_HOOK}/watchdog`, send_resolved: false }] },
];

export const ROUTE = {
  receiver: 'mail',
  group_by: ['alertname', 'site', 'meter', 'target', 'instance'],
  group_wait: '30s',
  group_interval: '5m',
  repeat_interval: '4h',
  routes: [
    // First: a dead man's switch of every environment must go on speaking.
    {
      receiver: 'watchdog',
      matchers: ['alertname="Watchdog"'],
      group_wait: '0s',
      group_interval: '1m',
      repeat_interval: '5m',
    },
    { receiver: 'test', matchers: ['environment="test"'] },
    { receiver: 'on-call', matchers: ['severity="critical"'] },
    { receiver: 'nobody', matchers: ['severity="info"'] },
  ],
};

/** The configuration of Alertmanager 0.25 and later. */
export function alertmanagerFile(rules: readonly AlertRule[]): string {
  const inhibit_rules = rules.flatMap(({ id, inhibits = [] }) =>
    inhibits.length === 0
      ? []
      : [
          {
            source_matchers: [`alertname="${id}"`],
            target_matchers: [`alertname=~"${inhibits.join('|')}"`],
            equal: SAME,
          },
        ],
  );
  const global = { smtp_smarthost: 'localhost:25', smtp_from: 'powermonitor@localhost', smtp_require_tls: true };
  const file = { global, route: ROUTE, inhibit_rules, receivers: RECEIVERS };
  return `${HEAD}${stringify(file, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}
