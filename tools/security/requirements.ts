import { proof, type Proof } from './proof';

/** Who meets a requirement; `nobody` is what this product does not claim. */
export type MetBy = 'component' | 'Node-RED' | 'site' | 'not applicable' | 'nobody';

export interface RequirementRow {
  /** Number in IEC 62443-4-2:2019. */
  readonly cr: string;
  /** What it is about, in words of this project. */
  readonly about: string;
  readonly by: readonly MetBy[];
  readonly how: string;
  readonly proofs?: readonly Proof[];
}

/** The foundational requirements, by the first digit. */
export const FOUNDATIONS: Readonly<Record<string, string>> = {
  1: 'who somebody or something is',
  2: 'what may be used',
  3: 'integrity',
  4: 'confidentiality',
  5: 'data flow',
  6: 'answer to events in time',
  7: 'availability',
};

const UNITS = proof('integration/stack-debian.test.ts', 'shut each service in: its exposure by the measure of systemd');
const PAGES = proof('laws/reach.test.ts', 'every page of the editor asks for a permission');
const SECRETS = proof('doctor/checks.test.ts', 'tell no secret in any format, whatever is wrong');
/** Each check of the doctor has one. */
const SEEDS = proof('doctor/checks.test.ts', '${seed.id} finds ${seed.what}, and no other check does');

export const REQUIREMENTS: readonly RequirementRow[] = [
  {
    cr: '1.1',
    about: 'people log in',
    by: ['Node-RED', 'site'],
    how: 'adminAuth of Node-RED; checks `admin-auth` and `admin-anonymous` find where it is missing',
    proofs: [SEEDS],
  },
  {
    cr: '1.2',
    about: 'programs and devices log in',
    by: ['component', 'site'],
    how: 'To brokers, databases and AWS IoT by password, token or certificate. **Not to the meter**, whose protocols know no login',
    proofs: [
      proof('integration/iot-certificates.test.ts', 'arrives, and is read by a stranger'),
      proof('integration/stack-broker.test.ts', 'takes every user of its own, by TLS with its own authority alone'),
      proof('integration/stack-broker.test.ts', 'refuses everybody without a name, with a wrong password'),
    ],
  },
  {
    cr: '1.3',
    about: 'accounts are managed',
    by: ['Node-RED', 'site'],
    how: 'Users of settings.js, or an OpenID Connect strategy; users of broker and database',
  },
  {
    cr: '1.4',
    about: 'identifiers are managed',
    by: ['Node-RED', 'site'],
    how: 'As 1.3; two clients or edge nodes with one identity are found (`client-identity`, `edge-identity`)',
    proofs: [SEEDS],
  },
  {
    cr: '1.5',
    about: 'passwords, tokens and keys are managed',
    by: ['component', 'Node-RED', 'site'],
    how: 'No default, encrypted in the credentials of Node-RED, changed without losing readings, never printed',
    proofs: [
      proof('laws/compose.test.ts', 'no secret stands in the file'),
      proof('integration/stack-bootstrap.test.ts', 'rotates each secret, and no other'),
      SECRETS,
    ],
  },
  { cr: '1.6', about: 'wireless access', by: ['not applicable'], how: 'Of network devices' },
  {
    cr: '1.7',
    about: 'strong passwords',
    by: ['component', 'site'],
    how: 'The bootstraps make random ones and refuse weak ones; `default-password` finds those of documentation and images. Passwords of people are those of Node-RED, which asks for no strength',
    proofs: [proof('integration/stack-bootstrap.test.ts', 'refuses weak secrets of a person'), SEEDS],
  },
  {
    cr: '1.8',
    about: 'certificates of an authority',
    by: ['component', 'site'],
    how: 'Certificates of the site for broker, database and AWS IoT; ends are watched, a renewed file counts with the next connection. No revocation lists are asked',
    proofs: [
      proof('influx/tls.test.ts', 'takes a certificate that was renewed on disk for the next connection'),
      proof('iot/rotation.test.ts', 'goes on with each new certificate, and loses nothing'),
    ],
  },
  {
    cr: '1.9',
    about: 'keys are checked when they are used',
    by: ['component'],
    how: 'Authority, name and dates by TLS of Node.js; key and certificate must belong together, and the key be for its owner alone',
    proofs: [
      proof('integration/iot-certificates.test.ts', 'is held with a key that others can read, that is not its own'),
      proof('sparkplug/mqtt/broker-test.test.ts', 'says that the authority is not known, the name is another one'),
    ],
  },
  {
    cr: '1.10',
    about: 'secrets are hidden while they are typed',
    by: ['Node-RED'],
    how: 'Password fields of the editor; a stored secret never comes back to the browser',
  },
  {
    cr: '1.11',
    about: 'failed logins',
    by: ['site'],
    how: 'Node-RED counts none: a proxy that limits attempts (hardening.md)',
  },
  {
    cr: '1.12',
    about: 'a notice before the login',
    by: ['Node-RED', 'site'],
    how: 'editorTheme.login and header of settings.js',
  },
  {
    cr: '1.13',
    about: 'access over untrusted networks',
    by: ['site'],
    how: 'Of network devices; a VPN or a proxy of the site',
  },
  { cr: '1.14', about: 'symmetric keys', by: ['not applicable'], how: 'None is used to log in' },
  {
    cr: '2.1',
    about: 'who may do what',
    by: ['component', 'Node-RED'],
    how: 'Permissions of Node-RED, five of this package (read, scan, test, acknowledge, doctor); topics and rights for each user at broker and database',
    proofs: [
      PAGES,
      proof('integration/meter-forms.test.ts', 'have nothing sent for who may only read'),
      proof('integration/stack-broker.test.ts', 'lets each user do what it needs, and nothing else'),
    ],
  },
  { cr: '2.2', about: 'wireless use', by: ['not applicable'], how: 'It has no radio' },
  {
    cr: '2.3',
    about: 'portable devices',
    by: ['not applicable'],
    how: 'The standard asks components for nothing here',
  },
  {
    cr: '2.4',
    about: 'mobile code',
    by: ['component', 'Node-RED'],
    how: 'A JSONata mapping is the only code of a user, in a process of its own; whoever may deploy other nodes runs what they do (threat model)',
    proofs: [
      proof('nodes/normalize-mapping.test.ts', 'has no way out of JSONata: no constructor, no prototype, no process'),
    ],
  },
  { cr: '2.5', about: 'the screen is locked', by: ['site'], how: 'By the computer of the person' },
  {
    cr: '2.6',
    about: 'sessions are ended',
    by: ['Node-RED', 'site'],
    how: 'sessionExpiryTime of adminAuth (7 days unless it is set)',
  },
  {
    cr: '2.7',
    about: 'number of sessions',
    by: ['component', 'site'],
    how: 'Windows of the sidebar are bounded; Node-RED does not bound logins',
    proofs: [proof('overview/viewers.test.ts', 'ten thousand looks and two hundred windows stay within bounds')],
  },
  {
    cr: '2.8',
    about: 'events that can be audited',
    by: ['component', 'Node-RED', 'site'],
    how: 'Alarms with who acknowledged them, losses by cause, meters that were exchanged, clocks that stepped; deployments and logins by the audit log of Node-RED, which has to be switched on',
    proofs: [
      proof('integration/sidebar.test.ts', 'asks for a permission, and one more to acknowledge; who did it is kept'),
    ],
  },
  { cr: '2.9', about: 'room for the audit', by: ['site'], how: 'The journal, with limits (operating.md)' },
  {
    cr: '2.10',
    about: 'an audit that fails',
    by: ['nobody'],
    how: 'Not claimed: Node-RED goes on when the journal takes nothing',
  },
  {
    cr: '2.11',
    about: 'times',
    by: ['component', 'site'],
    how: 'Times are those of the computer; a clock that is not synchronized, steps or is apart from servers is said',
    proofs: [
      SEEDS,
      proof('nodes/normalize-clock.test.ts', 'is counted in the diagnostics, and marks values until it is believed'),
    ],
  },
  {
    cr: '2.12',
    about: 'nobody can deny what he did',
    by: ['component', 'Node-RED'],
    how: 'Name and time of who acknowledged an alarm; deployments as in 2.8. Nothing is signed',
    proofs: [
      proof('integration/sidebar.test.ts', 'asks for a permission, and one more to acknowledge; who did it is kept'),
    ],
  },
  { cr: '2.13', about: 'diagnostic sockets', by: ['not applicable'], how: 'Of devices' },
  {
    cr: '3.1',
    about: 'integrity on the way',
    by: ['component', 'site'],
    how: 'TLS to broker, database and cloud. **None to the meter**: its protocols have a checksum at most, so its network has to be one of its own',
    proofs: [
      proof('influx/tls.test.ts', 'holds on a certificate that nobody vouches for'),
      proof(
        'transport/ethernet-ip/fuzz.test.ts',
        'a client answers ${CLIENT_REPLIES} doubtful replies with data or a coded error',
      ),
    ],
  },
  {
    cr: '3.2',
    about: 'malicious code',
    by: ['site'],
    how: 'Palette closed, packages by npm alone, the sandbox of the unit (hardening.md)',
    proofs: [UNITS],
  },
  {
    cr: '3.3',
    about: 'security can be verified',
    by: ['component'],
    how: '`pm500 doctor`: checks of logins, secrets, certificates, rights, ports, with evidence and what to do',
    proofs: [SEEDS],
  },
  {
    cr: '3.4',
    about: 'integrity of software and data',
    by: ['component', 'site'],
    how: 'Reproducible package, sums, signature and bill of materials, verified before it is installed; CRC for all that waits. Not verified at each start',
    proofs: [
      proof(
        'integration/release.test.ts',
        'is signed and verified by the commands of the page, and nothing else passes',
      ),
      proof('outbox/disk-format.test.ts', 'refuses every header and frame with one bit changed'),
    ],
  },
  {
    cr: '3.5',
    about: 'input is validated',
    by: ['component'],
    how: 'All that comes from meters, brokers, databases, messages, files and forms has a check at the boundary, with damaged input in the tests',
    proofs: [
      proof('transport/ethernet-ip/fuzz.test.ts', 'every parser gives a result or a coded error'),
      proof('domain/messages/contracts.test.ts', 'parser and JSON Schema agree on 5 000 damaged messages'),
      proof('nodes/normalize-fuzz.test.ts', 'refuses whatever is no reading and no command in one sentence'),
    ],
  },
  {
    cr: '3.6',
    about: 'outputs go to a known state',
    by: ['not applicable'],
    how: 'It has no outputs toward the process, and writes to no meter',
    proofs: [proof('harmlessness/recorded.proof.ts', 'is on the closed list of what may be asked')],
  },
  {
    cr: '3.7',
    about: 'errors tell an attacker nothing',
    by: ['component'],
    how: 'One sentence with a code; no secret, no line of another file',
    proofs: [proof('acquisition/foreign-files.test.ts', 'tells nothing of ${name} that is read as ${reader}'), SECRETS],
  },
  {
    cr: '3.8',
    about: 'integrity of sessions',
    by: ['component', 'Node-RED'],
    how: 'Tickets of the sidebar are random and good once; sessions of people are those of Node-RED',
    proofs: [proof('overview/viewers.test.ts', 'a ticket is good once, and not for long')],
  },
  { cr: '3.9', about: 'the audit is protected', by: ['site'], how: 'The journal, kept on another computer' },
  {
    cr: '3.10',
    about: 'updates',
    by: ['component', 'site'],
    how: 'By npm, with a check of the release; readings that wait are delivered by the next version, and an earlier one leaves them as they are',
    proofs: [proof('outbox/upgrade.test.ts', 'delivers what a build of ${written} accepted')],
  },
  { cr: '3.11-3.14', about: 'tamper protection, roots of trust, boot', by: ['not applicable'], how: 'Of devices' },
  {
    cr: '4.1',
    about: 'secrets stay secret',
    by: ['component', 'Node-RED', 'site'],
    how: 'Files for their owner alone, credentials encrypted by Node-RED, TLS; said where a secret would go in plain text. Readings on the disk are not encrypted',
    proofs: [
      proof('nodes/state-file.test.ts', 'is for its owner only'),
      proof('influx/exposed-secrets.test.ts', 'a token or a password over plain HTTP to another host is said'),
    ],
  },
  {
    cr: '4.2',
    about: 'nothing is left behind',
    by: ['site'],
    how: 'Decommissioning in hardening.md: which folders to remove',
  },
  {
    cr: '4.3',
    about: 'cryptography of the trade',
    by: ['component'],
    how: 'That of Node.js (OpenSSL) alone, TLS 1.2 or newer; nothing of its own. A CRC is no cryptography and not taken for it',
    proofs: [proof('laws/dependency-rule.test.ts', 'run-time dependencies stay at six or fewer')],
  },
  {
    cr: '5.1',
    about: 'networks are kept apart',
    by: ['component', 'site'],
    how: 'It needs one way to the meters and one out, which may be two networks; ports.md lists both',
    proofs: [proof('laws/compose.test.ts', 'every port is one of this computer alone unless somebody says otherwise')],
  },
  { cr: '5.2', about: 'protection of a zone', by: ['site'], how: 'Of network devices; rules in ports.md' },
  { cr: '5.3', about: 'messages between people', by: ['not applicable'], how: 'Of network devices' },
  {
    cr: '6.1',
    about: 'the audit can be read',
    by: ['Node-RED', 'site'],
    how: 'journalctl, or where the site sends it',
  },
  {
    cr: '6.2',
    about: 'it is watched all the time',
    by: ['component', 'site'],
    how: 'Metrics for Prometheus, alerts with a runbook each, the findings of the doctor as gauges',
    proofs: [
      proof('laws/alert-rules.test.ts', 'every alert has a runbook, and every runbook an alert'),
      proof('doctor/examine.test.ts', 'the same sentence twice is said once, and Prometheus gets gauges'),
    ],
  },
  {
    cr: '7.1',
    about: 'denial of service',
    by: ['component'],
    how: 'It goes on under floods, hostile servers and silent meters, and does not flood a meter itself',
    proofs: [
      proof('influx/hostile-servers.test.ts', 'loses nothing, sets nothing aside and goes on by itself'),
      proof('sparkplug/session/session.test.ts', 'answers 100 rebirth commands in a second with at most three births'),
      proof('acquisition/meter-link.test.ts', 'reads an assembly at most every 200 ms whatever ten users ask'),
    ],
  },
  {
    cr: '7.2',
    about: 'resources are bounded',
    by: ['component', 'site'],
    how: 'Outboxes, refused records, windows, tests and memory have limits; units and containers, too',
    proofs: [
      proof('outbox/disk.test.ts', 'keeps its limits over a restart'),
      proof('laws/compose.test.ts', 'every service has limits'),
    ],
  },
  {
    cr: '7.3',
    about: 'backup',
    by: ['component', 'site'],
    how: 'Scripts for files and databases, while they are at work',
    proofs: [
      proof('integration/files-backup.test.ts', 'gives back flows, credentials, what waits and what is retained'),
    ],
  },
  {
    cr: '7.4',
    about: 'it comes back',
    by: ['component', 'site'],
    how: 'After a kill or a power loss by itself, with every acknowledged reading; after the loss of the computer by a restore',
    proofs: [
      proof('outbox/crash.test.ts', 'loses and repeats nothing when the power goes'),
      proof('integration/files-backup.test.ts', 'gives back flows, credentials, what waits and what is retained'),
    ],
  },
  { cr: '7.5', about: 'emergency power', by: ['not applicable'], how: 'The standard asks components for nothing here' },
  {
    cr: '7.6',
    about: 'settings can be set and read',
    by: ['component'],
    how: 'Flows are a file; settings.md lists every setting, and the doctor compares them with what is recommended',
    proofs: [SEEDS],
  },
  {
    cr: '7.7',
    about: 'nothing that is not needed',
    by: ['component', 'site'],
    how: 'No port is opened but for multicast of meters and by the simulated meter; the closed list of requests; the palette closed',
    proofs: [
      proof('laws/reach.test.ts', 'sockets are opened by transports, sinks, the doctor and the simulated meter'),
    ],
  },
  {
    cr: '7.8',
    about: 'inventory of parts',
    by: ['component'],
    how: 'A bill of materials in the package; meters with serial number and revision',
    proofs: [proof('tools/sbom.test.ts', 'names all that npm installs for whoever uses the package, and nothing else')],
  },
];
