import { stringify } from 'yaml';
import { RECEIVERS, ROUTE } from './alertmanager';
import { GENERATED } from './generated';

const HEAD = `# ${GENERATED}
# Who is told, for Grafana 10 and later: the receivers and routes of deploy/alerts/alertmanager.yml. Addresses to replace by
# those of the site: "addresses" of mail and on-call, the URLs. Grafana has one tree of policies: this one takes the place of
# a tree that is there.
`;

/** A notification is never wanted at any time of this: how Grafana says that nobody is told. */
const ALWAYS = { name: 'pm500-always', time_intervals: [{ times: [{ start_time: '00:00', end_time: '24:00' }] }] };
const NOBODY = 'nobody';

/** `environment="test"` as Grafana writes it. */
function matcherOf(text: string): readonly string[] {
  const [, label = '', value = ''] = /^(\w+)="([^"]*)"$/.exec(text) ?? [];
  return [label, '=', value];
}

function contactPoint({ name, webhook_configs = [], email_configs = [] }: (typeof RECEIVERS)[number]): object {
  const uid = (kind: string): string => `pm500-${name}-${kind}`;
  const receivers = [
    ...webhook_configs.map(({ url, send_resolved }) => ({
      uid: uid('webhook'),
      type: 'webhook',
      settings: { url },
      disableResolveMessage: !send_resolved,
    })),
    ...email_configs.map(({ to, send_resolved }) => ({
      uid: uid('email'),
      type: 'email',
      settings: { addresses: to },
      disableResolveMessage: !send_resolved,
    })),
  ];
  return { orgId: 1, name, receivers };
}

/** Contact points and notification policies as Grafana provisions them from a file. */
export function grafanaContactsFile(): string {
  const { routes, ...root } = ROUTE;
  const policies = [
    {
      orgId: 1,
      ...root,
      routes: routes.map(({ receiver, matchers, ...times }) => ({
        ...(receiver === NOBODY ? { receiver: root.receiver, mute_time_intervals: [ALWAYS.name] } : { receiver }),
        object_matchers: matchers.map(matcherOf),
        ...times,
      })),
    },
  ];
  const contactPoints = RECEIVERS.filter(({ name }) => name !== NOBODY).map(contactPoint);
  const file = { apiVersion: 1, contactPoints, policies, muteTimes: [{ orgId: 1, ...ALWAYS }] };
  const text = stringify(file, { lineWidth: 0, aliasDuplicateObjects: false });
  // Older readers of YAML take 24:00 for a number.
  return `${HEAD}${text.replaceAll(/(?<=(?:start|end)_time: )\S+/g, "'$&'")}`;
}
