import { exposedSecrets, isOwnHost } from '../../influx/exposed-secrets';
import { isRecord } from '../../support/expect';
import { sentences, type Sentence } from '../../support/sentence';
import { sightEach, sightOne, type DoctorCheck, notLookedAt } from '../check';
import type { SavedNode } from '../flows/saved-nodes';
import { isOn, nodesOf, textOf, type SavedSite } from '../flows/saved-site';
import { LOOK_WORDS, lookFurther, seen, unseen, type Looked } from '../looked';
import { inUrl } from '../readers/brokers';
import { endpointOf } from '../readers/databases';

/** Passwords and tokens of documentation and of images, in lower case. */
const KNOWN_PASSWORDS: readonly string[] = [
  ...['admin', 'password', 'passwort', 'secret', 'changeme', 'change-me', 'default', 'guest', 'test', 'user', 'root'],
  ...[
    'influx',
    'influxdb',
    'mosquitto',
    'mqtt',
    'nodered',
    'node-red',
    'grafana',
    'public',
    'my-super-secret-auth-token',
  ],
  ...['my-token', 'mytoken', 'token', '12345678', '123456', 'admin123', 'password123', 'powermonitor', 'pm500'],
];
const SHORTEST_PASSWORD = 8;

const SINKS = ['influx-target', 'sparkplug-edge', 'iot-target'] as const;
const SECRET_NAMES = ['password', 'token'] as const;

/** What is found of secrets. */
export const SECURITY_FINDINGS = sentences('doctorSecurity', {
  plain: '{path} holds the credentials in plain text.',
  closed: '{path} cannot be opened with the key of the settings.',
  password: 'password',
  token: 'token',
  known: 'The {secret} of {label} is one that documentation and images come with.',
  asUser: 'The {secret} of {label} is the same as the user name.',
  short: 'The {secret} of {label} has fewer than {least} characters.',
  plainMqtt: 'The password of {label} goes to {host} without TLS, where anybody on the way can read it.',
  anyCertificate: '{label} takes any certificate: who is in between can read and change everything.',
  inFlow: '{label} holds a secret in its property {name}.',
});
const { say } = SECURITY_FINDINGS;

/** Why a secret is none; nothing of it is told. */
function weakness(secret: string, user: string): 'known' | 'asUser' | 'short' | undefined {
  if (KNOWN_PASSWORDS.includes(secret.toLowerCase())) return 'known';
  if (secret === user) return 'asUser';
  return secret.length < SHORTEST_PASSWORD ? 'short' : undefined;
}

function weakSecrets(node: SavedNode, site: SavedSite): Looked<readonly Sentence[]> {
  const secrets = site.secretsOf(node.id);
  if (secrets === undefined) return unseen(LOOK_WORDS.say('logins', { label: node.label }));
  const user = textOf(node, 'user') || (secrets['username'] ?? '');
  return seen(
    SECRET_NAMES.flatMap((name) => {
      const secret = secrets[name] ?? '';
      const why = secret === '' ? undefined : weakness(secret, user);
      return why === undefined ? [] : [say(why, { secret: say(name), label: node.label, least: SHORTEST_PASSWORD })];
    }),
  );
}

function plainPassword(node: SavedNode, site: SavedSite, ownHosts: readonly string[]): Looked<readonly Sentence[]> {
  const secrets = site.secretsOf(node.id);
  if (secrets === undefined) return unseen(LOOK_WORDS.say('logins', { label: node.label }));
  const host = textOf(node, 'host');
  // With an identity TLS is on, whatever the box says.
  const hasIdentity = textOf(node, 'identityFolder') !== '';
  const isPlain = !isOn(node, 'useTls') && textOf(node, 'profile') !== 'aws-iot-core' && !hasIdentity;
  const isFar = !isOwnHost(`http://${inUrl(host)}`, ownHosts);
  const leaks = isPlain && isFar && (secrets['password'] ?? '') !== '';
  return seen(leaks ? [say('plainMqtt', { label: node.label, host })] : []);
}

/** How secrets are kept, and what may be read on the way. */
export const SECURITY_CHECKS: readonly DoctorCheck[] = [
  {
    id: 'credentials-encrypted',
    area: 'security',
    severity: 'critical',
    title: 'credentials are not kept in plain text',
    looksAt: 'whether the file with the credentials is encrypted; its contents are never shown',
    remedy: 'Set credentialSecret in settings.js and deploy once; then change the secrets that lay open.',
    docs: 'docs/stack.md',
    look: ({ credentials }) =>
      sightOne(
        credentials,
        (file) => (file?.isEncrypted === false ? [say('plain', { path: file.path })] : []),
        (file) => (file === undefined ? 'there are no credentials' : file.path),
      ),
  },
  {
    id: 'credentials-open',
    area: 'security',
    severity: 'critical',
    title: 'the key of the settings opens the credentials',
    looksAt: 'whether the file with the credentials can be decrypted',
    remedy:
      'Put the former credentialSecret back, or enter all passwords and tokens anew: Node-RED starts no flow without them.',
    docs: 'docs/backup.md',
    look: ({ credentials }) =>
      sightOne(
        credentials,
        (file) => (file?.isOpened === false ? [say('closed', { path: file.path })] : []),
        (file) => (file === undefined ? 'there are no credentials' : file.path),
      ),
  },
  {
    id: 'default-password',
    area: 'security',
    severity: 'critical',
    title: 'no password or token is one that everybody knows',
    looksAt: 'credentials of sinks against those of documentation and images; none is ever shown or tried',
    remedy: 'Choose a random password of 20 characters or more at the server, and enter it in the node.',
    docs: 'docs/stack.md',
    look: ({ site }) =>
      'unseen' in site
        ? notLookedAt(site)
        : sightEach(seen(nodesOf(site.seen, ...SINKS)), (node) => weakSecrets(node, site.seen), ['sink', 'sinks']),
  },
  {
    id: 'token-plain-http',
    area: 'security',
    severity: 'critical',
    title: 'tokens for databases cannot be read on the way',
    looksAt: 'URLs of influx-target nodes with credentials',
    remedy: 'Use https:// if the server has it, else keep the network between the two to yourself.',
    docs: 'docs/influxdb.md',
    look: ({ site, ownHosts }) =>
      'unseen' in site
        ? notLookedAt(site)
        : sightEach(
            seen(nodesOf(site.seen, 'influx-target')),
            (node) => {
              if (site.seen.secretsOf(node.id) === undefined)
                return unseen(LOOK_WORDS.say('logins', { label: node.label }));
              const endpoint = endpointOf(node, site.seen);
              return exposedSecrets({ url: textOf(node, 'url'), endpoint, proxy: textOf(node, 'proxy') }, ownHosts);
            },
            ['database', 'databases'],
          ),
  },
  {
    id: 'password-plain-mqtt',
    area: 'security',
    severity: 'critical',
    title: 'passwords for brokers cannot be read on the way',
    looksAt: 'TLS of sparkplug-edge and iot-target nodes with passwords',
    remedy: 'Switch TLS on in the node and use the TLS port of the broker, mostly 8883.',
    docs: 'docs/sparkplug.md',
    look: ({ site, ownHosts }) =>
      'unseen' in site
        ? notLookedAt(site)
        : sightEach(
            seen(nodesOf(site.seen, 'sparkplug-edge', 'iot-target')),
            (node) => plainPassword(node, site.seen, ownHosts),
            ['broker', 'brokers'],
          ),
  },
  {
    id: 'tls-verified',
    area: 'security',
    severity: 'critical',
    title: 'certificates of servers are verified',
    looksAt: 'TLS settings that sinks use',
    remedy:
      'Tick "Verify server certificate" in the TLS settings, and add the authority of the site as CA certificate.',
    docs: 'docs/stack.md',
    look: ({ site }) =>
      sightEach(
        lookFurther(site, (saved) => nodesOf(saved, 'tls-config')),
        ({ label, values }) => (values['verifyservercert'] === false ? [say('anyCertificate', { label })] : []),
        ['TLS setting', 'TLS settings'],
      ),
  },
  {
    id: 'secrets-in-flows',
    area: 'security',
    severity: 'warning',
    title: 'no secret stands in the flows themselves',
    looksAt: 'names of properties and URLs in the flow file; none is ever shown',
    remedy:
      'Move the secret to the credentials of the node or to a variable: flows are exported and kept in version control.',
    docs: 'docs/stack.md',
    look: ({ site }) =>
      sightEach(
        lookFurther(site, ({ nodes }) => nodes),
        secretsIn,
        ['node', 'nodes'],
      ),
  },
];

/** Properties that look like a secret: by their name, or as the login of a URL. */
function secretsIn({ label, values }: SavedNode): readonly Sentence[] {
  return Object.entries(values).flatMap(([name, value]) => {
    if (isRecord(value) || typeof value !== 'string' || value === '') return [];
    const isNamed = /^(password|passwd|token|secret|apikey)$/i.test(name);
    const isLogin = /^[a-z][a-z+.-]*:\/\/[^\s/@:]+:[^\s/@]+@/i.test(value);
    return isNamed || isLogin ? [say('inFlow', { label, name })] : [];
  });
}
