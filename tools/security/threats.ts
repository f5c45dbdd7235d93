import { proof, type Proof } from './proof';

/** S, T, R, I, D and E of STRIDE. */
export const THREAT_KINDS = [
  'spoofing',
  'tampering',
  'repudiation',
  'disclosure',
  'denial of service',
  'elevation',
] as const;
export type ThreatKind = (typeof THREAT_KINDS)[number];

/** Where one side does not trust the other, in the order of the page. */
export const BOUNDARIES = [
  ['meter', 'meter and PLC: EtherNet/IP and Modbus, which know no login and no encryption'],
  ['editor', 'people and the editor of Node-RED'],
  ['message', 'messages, flows and files that others give to the nodes'],
  ['broker', 'MQTT broker and its other clients, Sparkplug hosts among them'],
  ['database', 'database, and proxies on the way to it'],
  ['cloud', 'AWS IoT Core'],
  ['disk', 'the computer and its disk'],
  ['supply', 'the package and what it brings with it'],
] as const satisfies readonly (readonly [string, string])[];
export type Boundary = (typeof BOUNDARIES)[number][0];

export interface ThreatRow {
  readonly at: Boundary;
  readonly kind: ThreatKind;
  readonly threat: string;
  readonly mitigation: string;
  /** Tests that fail when the mitigation is taken away; at least one. */
  readonly proofs: readonly Proof[];
}

/** What is not mitigated here: who lives with it, and what a site has to do. */
export interface AcceptedRow {
  readonly at: Boundary;
  readonly kind: ThreatKind;
  readonly threat: string;
  readonly why: string;
  readonly acceptedBy: string;
  readonly site: string;
}

export const THREATS: readonly ThreatRow[] = [
  {
    at: 'meter',
    kind: 'tampering',
    threat:
      'The package, or whoever has taken Node-RED over by a flow of it, writes to the meter or takes it from the PLC',
    mitigation:
      'Requests that write do not exist in the code; sockets take only reads; all that left in the tests is judged by a closed list',
    proofs: [
      proof('transport/ethernet-ip/read-only.test.ts', 'knows two CIP services, both of which read'),
      proof('transport/ethernet-ip/read-only.test.ts', 'writes to its sockets in four places'),
      proof('transport/modbus/tcp-faults.test.ts', 'lets nothing out but reads'),
      proof('harmlessness/recorded.proof.ts', 'is on the closed list of what may be asked'),
    ],
  },
  {
    at: 'meter',
    kind: 'denial of service',
    threat: 'Flows ask faster than the meter bears, or many at once, and the PLC suffers',
    mitigation: 'One connection for a meter, a limit of its own below all flows, a closed number of searches and tests',
    proofs: [
      proof('acquisition/meter-link.test.ts', 'reads an assembly at most every 200 ms whatever ten users ask'),
      proof('nodes/scan-page.test.ts', 'runs two searches at a time'),
      proof('transport/modbus/tcp-faults.test.ts', 'never opens a second socket of this process to the same meter'),
    ],
  },
  {
    at: 'meter',
    kind: 'denial of service',
    threat: 'A device answers with garbage, without end, or not at all, to stop Node-RED',
    mitigation: 'Each reply is checked before it is used, has a largest size and a time; doubt closes the connection',
    proofs: [
      proof('transport/ethernet-ip/fuzz.test.ts', 'every parser gives a result or a coded error'),
      proof('transport/ethernet-ip/explicit/explicit-faults.test.ts', 'refuses a huge frame before it arrives'),
      proof('transport/modbus/tcp-faults.test.ts', 'does not wait forever on'),
      proof(
        'acquisition/recovery.test.ts',
        'gives a meter that takes connections and answers nothing at most five seconds',
      ),
    ],
  },
  {
    at: 'meter',
    kind: 'spoofing',
    threat: 'Another device has the address of the meter, by mistake or on purpose',
    mitigation:
      'The identity is compared with the model and with the one of before; nothing of a stranger is good, a meter that was exchanged is said and its counters begin anew; physical relations between values are checked',
    proofs: [
      proof('acquisition/meter-link.test.ts', 'warns of a device that is no PowerMonitor 500 and marks its readings'),
      proof('acquisition/meter-link.test.ts', 'says once that another device answers than before'),
      proof('acquisition/resolve-host.test.ts', 'is not taken for another device that got its last address meanwhile'),
      proof('domain/quality/normalize.test.ts', 'trusts nothing of a device that is not a PowerMonitor 500'),
      proof('acquisition/modbus-session.test.ts', 'marks the readings of a model that is not the configured one'),
      proof(
        'domain/counters/energy-deltas.test.ts',
        'give every reason its case, and only what is uncertain keeps its value',
      ),
      proof('domain/layout-check/layout-check.test.ts', 'catches every exchange of two elements in wiring'),
    ],
  },
  {
    at: 'meter',
    kind: 'tampering',
    threat: 'Replies are replayed, doubled, delayed or exchanged on the way, so that values stand under wrong names',
    mitigation: 'A reply of another session, context or size is never taken for the one that was asked for',
    proofs: [
      proof('transport/ethernet-ip/explicit/explicit-faults.test.ts', 'refuses another session'),
      proof('transport/ethernet-ip/explicit/explicit-faults.test.ts', 'refuses another sender context, in either half'),
      proof(
        'transport/modbus/tcp-faults.test.ts',
        'drops a connection on which something arrives that nothing had asked for',
      ),
      proof('conformance/transport.suite.ts', 'gives each of many simultaneous reads its own block'),
    ],
  },
  {
    at: 'editor',
    kind: 'elevation',
    threat:
      'Somebody who may only look has requests sent, servers tried, alarms acknowledged or the weak places of this Node-RED told',
    mitigation: 'Each page asks Node-RED for a permission; what sends has another one than what reads',
    proofs: [
      proof('laws/reach.test.ts', 'every page of the editor asks for a permission'),
      proof('integration/meter-forms.test.ts', 'have nothing sent for who may only read'),
      proof('integration/sidebar.test.ts', 'asks for a permission, and one more to acknowledge'),
      proof('integration/sidebar.test.ts', 'examines this Node-RED for who may, tells no secret'),
    ],
  },
  {
    at: 'editor',
    kind: 'disclosure',
    threat: 'Values reach people who may see statuses and not meters, by the channel of the editor',
    mitigation: 'Changes go to the one window whose ticket came from a page with the permission; a ticket is good once',
    proofs: [
      proof('integration/sidebar.test.ts', 'sends changes to those who may read, and to nobody else'),
      proof('overview/viewers.test.ts', 'a ticket is good once, and not for long'),
    ],
  },
  {
    at: 'editor',
    kind: 'disclosure',
    threat: 'A stored password is sent to a server of the attacker, by a form with another address',
    mitigation: 'A stored secret goes only where its node is deployed to',
    proofs: [
      proof(
        'nodes/meter-pages.test.ts',
        'sends the secret that is typed, and the stored one only where its node is deployed to',
      ),
      proof('nodes/broker-pages.test.ts', 'sends the stored password only where its node is deployed to'),
    ],
  },
  {
    at: 'editor',
    kind: 'elevation',
    threat: 'The search and the tests of forms are used to reach addresses beyond the plant',
    mitigation:
      'Networks of the plant alone, sixteen addresses at most, no port of another service, by the address that was checked',
    proofs: [
      proof('acquisition/scan-limits.test.ts', 'is networks of the plant'),
      proof('acquisition/scan-limits.test.ts', 'is the plant, by the address that was checked'),
    ],
  },
  {
    at: 'editor',
    kind: 'repudiation',
    threat: 'Nobody knows who acknowledged an alarm',
    mitigation: 'The name of the login and the time are kept with the alarm, and are in its messages',
    proofs: [
      proof('integration/sidebar.test.ts', 'asks for a permission, and one more to acknowledge; who did it is kept'),
    ],
  },
  {
    at: 'editor',
    kind: 'tampering',
    threat:
      'The name of a meter, of a list or of a server holds HTML or control characters and runs in the browser or the terminal of a person',
    mitigation:
      'Texts are set as texts; markup and control characters are escaped in every report, in tables and in complaints of commands',
    proofs: [
      proof('laws/reach.test.ts', 'nothing from outside becomes HTML in the editor'),
      proof('doctor/examine.test.ts', 'control characters of names reach no terminal'),
      proof('cli/table.test.ts', 'move no cursor and begin no line, whatever a file or a device calls itself'),
      proof('cli/screen.test.ts', 'says nothing to a terminal that moves its cursor'),
      proof('report/page.test.ts', 'has nothing that comes from outside as markup, in both languages'),
    ],
  },
  {
    at: 'editor',
    kind: 'denial of service',
    threat: 'Many windows, or one that asks without end, hold Node-RED up',
    mitigation: 'Windows, tests, searches and checks have a number each; what is over is refused at once',
    proofs: [
      proof('overview/viewers.test.ts', 'ten thousand looks and two hundred windows stay within bounds'),
      proof('nodes/layout-check-page.test.ts', 'runs two checks at a time'),
      proof('nodes/broker-pages.test.ts', 'lets a few tests run at a time'),
    ],
  },
  {
    at: 'message',
    kind: 'elevation',
    threat: 'A message or a JSONata mapping runs a program, or reaches the objects of Node-RED',
    mitigation:
      'No text becomes code; mappings run in a process of their own without an environment and without a way out',
    proofs: [
      proof('laws/reach.test.ts', 'no text becomes code'),
      proof('laws/reach.test.ts', 'processes and threads are started in a few places'),
      proof('nodes/normalize-mapping.test.ts', 'has no way out of JSONata: no constructor, no prototype, no process'),
      proof('nodes/normalize-mapping.test.ts', 'evaluates nothing that a message brings'),
      proof('nodes/mapping-process.test.ts', 'knows nothing of the environment but how times are written'),
      proof('sparkplug/codec/payload.test.ts', 'does not let a property key reach the prototype of an object'),
    ],
  },
  {
    at: 'message',
    kind: 'denial of service',
    threat: 'A message or a mapping that is large, deep or without end stops Node-RED',
    mitigation:
      'Sizes are bounded, mappings are ended after a second, regular expressions work in proportion to the text',
    proofs: [
      proof('nodes/normalize-mapping.test.ts', 'that does not end is ended after its second'),
      proof('laws/expressions.test.ts', 'work in proportion to the text'),
      proof('domain/messages/contracts.test.ts', 'parser and JSON Schema agree on 5 000 damaged messages'),
      proof('nodes/normalize-fuzz.test.ts', 'refuses whatever is no reading and no command in one sentence'),
    ],
  },
  {
    at: 'message',
    kind: 'disclosure',
    threat: 'A path in a setting has a file read that is none of the flow, and its lines stand in the error',
    mitigation:
      'Devices, pipes and large files are refused, and sentences about a file that is another do not quote it',
    proofs: [
      proof('acquisition/foreign-files.test.ts', 'tells nothing of ${name} that is read as ${reader}'),
      proof('nodes/tls.test.ts', 'that are pipes or devices are refused'),
      proof('iot/credentials.test.ts', 'that are pipes, devices, folders or far too large are refused'),
    ],
  },
  {
    at: 'broker',
    kind: 'spoofing',
    threat: 'Another server pretends to be the broker and takes the password',
    mitigation: 'Certificates are verified with the authority of the site, and no password is sent where TLS fails',
    proofs: [
      proof('sparkplug/mqtt/broker-test.test.ts', 'says that the authority is not known, the name is another one'),
      proof('sparkplug/mqtt/broker-test.test.ts', 'TLS that the server does not speak, without sending it a password'),
      proof(
        'integration/iot-certificates.test.ts',
        'is held where the broker shows the certificate of another authority',
      ),
    ],
  },
  {
    at: 'broker',
    kind: 'spoofing',
    threat: 'A second edge node publishes under the names of this one',
    mitigation:
      'An edge node hears its own birth and tells one of another; the broker of the stack lets each user write its own topics alone',
    proofs: [
      proof(
        'integration/sparkplug-faults.test.ts',
        'raises an alarm on both sides when two edge nodes have the same IDs',
      ),
      proof('integration/stack-broker.test.ts', 'lets each user do what it needs, and nothing else'),
    ],
  },
  {
    at: 'broker',
    kind: 'tampering',
    threat: 'A host or a stranger sends commands, to write to a meter or to flood the edge node',
    mitigation: 'No command writes to a meter; rebirths are limited, every other command is refused and counted',
    proofs: [
      proof(
        'sparkplug/edge/edge-node.test.ts',
        'refuses and counts every other command, retained ones, and what is no payload',
      ),
      proof('sparkplug/session/session.test.ts', 'answers 100 rebirth commands in a second with at most three births'),
      proof('sparkplug/edge/refused-commands.test.ts', 'are told of five times a minute, then in numbers'),
    ],
  },
  {
    at: 'broker',
    kind: 'denial of service',
    threat: 'The broker sends damaged or huge packets, or reads nothing',
    mitigation: 'Payloads are parsed within bounds; what waits is bounded in memory and kept on the disk',
    proofs: [
      proof('sparkplug/codec/decode-payload.test.ts', 'refuses malformed payloads with a coded sentence'),
      proof('sparkplug/history/window-memory.test.ts', 'is bounded: ${kind}'),
      proof('sparkplug/session/session.test.ts', 'holds data back while the socket is full'),
    ],
  },
  {
    at: 'database',
    kind: 'disclosure',
    threat: 'A token goes over the network in plain text, stands in a URL or in a message of an error',
    mitigation:
      'Said without the secret when it is set up; a URL with a password is refused and not quoted; no report of the doctor holds one',
    proofs: [
      proof('influx/exposed-secrets.test.ts', 'a token or a password over plain HTTP to another host is said'),
      proof('influx/sender.test.ts', 'refuses a URL with a password, which it does not quote'),
      proof('doctor/checks.test.ts', 'tell no secret in any format, whatever is wrong'),
      proof('doctor/checks.test.ts', '${seed.id} finds ${seed.what}, and no other check does'),
    ],
  },
  {
    at: 'database',
    kind: 'spoofing',
    threat: 'Another server pretends to be the database, or sends the node elsewhere, and gets the token',
    mitigation: 'Certificates are verified; redirections are not followed',
    proofs: [
      proof('influx/tls.test.ts', 'holds on a certificate that nobody vouches for'),
      proof('influx/proxy.test.ts', 'verifies the certificate of the database within the tunnel'),
      proof(
        'influx/hostile-servers.test.ts',
        'that sends elsewhere by ${status} is not followed, and gets no more of the token',
      ),
    ],
  },
  {
    at: 'database',
    kind: 'denial of service',
    threat: 'The database answers without end, in drips or with nonsense, or is away for days',
    mitigation:
      'Answers are bounded in size and time; points wait on the disk, bounded, and losses are counted by cause',
    proofs: [
      proof('influx/hostile-servers.test.ts', 'that answers ${what} costs one attempt'),
      proof('influx/hostile-servers.test.ts', 'loses nothing, sets nothing aside and goes on by itself'),
      proof('outbox/disk.test.ts', 'keeps its limits over a restart'),
      proof('integration/influx-full-disk.test.ts', 'refuses messages with the reason while what waits fills the disk'),
    ],
  },
  {
    at: 'database',
    kind: 'tampering',
    threat: 'A name or a tag holds line protocol, and adds points or tags of its own',
    mitigation: 'Names, tags and texts are escaped, which parsers of others agree with',
    proofs: [
      proof('influx/line-protocol.test.ts', 'is read back with the same names, types and values, 20 000 points'),
      proof('iot/records.test.ts', 'escape what would mean something else, so that two values never share a topic'),
    ],
  },
  {
    at: 'cloud',
    kind: 'disclosure',
    threat: 'The private key of the edge leaves the computer, or others on it read it',
    mitigation:
      'The key is made on the edge, the cloud gets a request for a certificate; a key that others can read is refused',
    proofs: [
      proof('integration/iot-certificates.test.ts', 'is held with a key that others can read'),
      proof('cli/cloud.test.ts', 'a user who is not the owner of the folder'),
    ],
  },
  {
    at: 'cloud',
    kind: 'denial of service',
    threat: 'A rotation is cut, a claim is refused or a certificate ends, and the edge has none that works',
    mitigation:
      'The certificate of before stays until the new one has been let in; every step can be cut and is taken up again',
    proofs: [
      proof('iot/enroll.test.ts', 'by ${way} survives ${peril} at every point'),
      proof('iot/enroll.test.ts', 'gives a certificate up that is not let in, keeps the one of before'),
    ],
  },
  {
    at: 'disk',
    kind: 'disclosure',
    threat: 'Another user of the computer reads readings, states or secrets',
    mitigation: 'Files are for their owner alone; the doctor finds those that are not',
    proofs: [
      proof('nodes/state-file.test.ts', 'is for its owner only'),
      proof('delivery/dead-letters.test.ts', 'may be read by their owner alone'),
      proof('cli/doctor-output.test.ts', 'makes a file for its owner only'),
      proof('doctor/checks.test.ts', 'secrets-readable finds ${name} for everybody'),
    ],
  },
  {
    at: 'disk',
    kind: 'tampering',
    threat: 'Files of the outbox are damaged, cut or removed, and wrong readings are delivered as good ones',
    mitigation: 'Each record has a CRC; what is damaged is set aside and counted, and the rest is delivered',
    proofs: [
      proof('outbox/disk-format.test.ts', 'refuses every header and frame with one bit changed'),
      proof(
        'outbox/damage.test.ts',
        'delivers all but the record that is damaged, counts it, and sets its bytes aside',
      ),
      proof(
        'conformance/damaged-stores.test.ts',
        'delivers nothing that was never given, in order, and counts what is gone',
      ),
    ],
  },
  {
    at: 'disk',
    kind: 'tampering',
    threat: 'Two processes, or an earlier version, use one outbox and spoil it for each other',
    mitigation: 'A folder has one owner, by the kernel; a folder of a later version is left as it is',
    proofs: [
      proof('outbox/folder-lock.test.ts', 'is kept from a second process, which is told the first'),
      proof('outbox/upgrade.test.ts', 'changes no byte in the folder, however often it is tried'),
    ],
  },
  {
    at: 'disk',
    kind: 'repudiation',
    threat: 'Readings are lost and nobody can say how many and why',
    mitigation: 'Every loss is counted by its cause, in diagnostics and for Prometheus, and an alert follows',
    proofs: [
      proof('outbox/losses.test.ts', 'are counted when all files are deleted but the position'),
      proof('laws/alert-rules.test.ts', 'the runbook of lost records says what each cause means'),
    ],
  },
  {
    at: 'disk',
    kind: 'elevation',
    threat: 'Whoever takes over a service of the stack has the computer',
    mitigation: 'Units and containers have a user of their own, no capability, a read-only system and limits',
    proofs: [
      proof(
        'integration/stack-debian.test.ts',
        'shut each service in: its exposure by the measure of systemd is below 2 of 10',
      ),
      proof('integration/stack-debian.test.ts', 'run nothing as root but the setup of the database'),
      proof(
        'laws/compose.test.ts',
        'every service has limits, a read-only root, no capability and no way to more rights',
      ),
      proof('laws/compose.test.ts', 'every port is one of this computer alone unless somebody says otherwise'),
    ],
  },
  {
    at: 'disk',
    kind: 'disclosure',
    threat:
      'A secret of the stack stands in a file of the repository, in an argument, or is a default that everybody knows',
    mitigation: 'The bootstraps make every secret; none is an argument; weak ones are refused',
    proofs: [
      proof('laws/compose.test.ts', 'no secret stands in the file'),
      proof('laws/compose.test.ts', 'no secret stands in an argument'),
      proof('integration/stack-bootstrap.test.ts', 'refuses weak secrets of a person'),
    ],
  },
  {
    at: 'supply',
    kind: 'tampering',
    threat: 'The package is changed between whoever built it and the site',
    mitigation:
      'The same commit gives the same bytes everywhere; sums and a signature are verified without the internet',
    proofs: [
      proof(
        'integration/release.test.ts',
        'has the same bytes from another folder, day, time zone, language and umask',
      ),
      proof(
        'integration/release.test.ts',
        'is signed and verified by the commands of the page, and nothing else passes',
      ),
    ],
  },
  {
    at: 'supply',
    kind: 'tampering',
    threat: 'A package of other people is exchanged or has a hole, and nobody knows where it is installed',
    mitigation:
      'Few runtime packages, each pinned by its hash; a bill of materials in the package, compared with what npm installs',
    proofs: [
      proof('laws/dependency-rule.test.ts', 'run-time dependencies stay at six or fewer'),
      proof('tools/sbom.test.ts', 'names all that npm installs for whoever uses the package, and nothing else'),
    ],
  },
  {
    at: 'supply',
    kind: 'elevation',
    threat: 'The package runs something when it is installed, or opens ways out that nobody expects',
    mitigation: 'It has no install scripts; which code may open sockets and start processes is a closed list',
    proofs: [
      proof('laws/reach.test.ts', 'the package runs nothing when it is installed'),
      proof('laws/reach.test.ts', 'sockets are opened by transports, sinks, the doctor and the simulated meter'),
    ],
  },
];

export const ACCEPTED: readonly AcceptedRow[] = [
  {
    at: 'meter',
    kind: 'spoofing',
    threat:
      'Whoever is on the network of the meters can answer in the place of a meter, read along, and change values on the way',
    why: 'EtherNet/IP and Modbus of the meter have no authentication and no encryption',
    acceptedBy: 'the owner of the plant',
    site: 'Put meters, PLC and this computer into a network of their own (hardening.md), and compare values with the display once a year',
  },
  {
    at: 'meter',
    kind: 'tampering',
    threat:
      'Somebody at the front panel, or another program on the network of the meters, changes the configuration of a meter',
    why: 'Only the meter could refuse it',
    acceptedBy: 'the owner of the plant',
    site: 'Change the password of the factory; pm500 doctor asks a person for it (meter-passwords)',
  },
  {
    at: 'editor',
    kind: 'elevation',
    threat: 'Whoever may deploy flows can do whatever the user of Node-RED can, also reach the meters by other nodes',
    why: 'That is what Node-RED is for; a package cannot take it back',
    acceptedBy: 'whoever runs Node-RED',
    site: 'A login for the editor, few people with flows.write, no root, no other nodes than needed (hardening.md)',
  },
  {
    at: 'editor',
    kind: 'repudiation',
    threat: 'Who deployed what is not recorded by this package',
    why: 'Node-RED records it, where its audit log is switched on',
    acceptedBy: 'whoever runs Node-RED',
    site: 'logging.console.audit: true in settings.js, and the journal kept elsewhere',
  },
  {
    at: 'editor',
    kind: 'spoofing',
    threat: 'Passwords for the editor are guessed',
    why: 'Node-RED counts no attempts',
    acceptedBy: 'whoever runs Node-RED',
    site: 'Listen on 127.0.0.1 behind a proxy that limits attempts, or log in by OpenID Connect (adminAuth strategy)',
  },
  {
    at: 'broker',
    kind: 'disclosure',
    threat: 'Any client that the broker lets read the topics sees the values, and the broker itself does',
    why: 'Sparkplug encrypts no payload',
    acceptedBy: 'the owner of the broker',
    site: 'Topics for each user, as deploy/common/mosquitto.acl has them',
  },
  {
    at: 'database',
    kind: 'tampering',
    threat: 'Whoever may write to the database can change what was measured',
    why: 'Points are not signed',
    acceptedBy: 'the owner of the database',
    site: 'A token that may write and not delete for the node, another one to read; backups elsewhere',
  },
  {
    at: 'disk',
    kind: 'disclosure',
    threat: 'Whoever takes the disk away reads what waits in outboxes and states',
    why: 'Files are not encrypted by this package: the key would lie beside them',
    acceptedBy: 'whoever runs the computer',
    site: 'Encrypt the disk (LUKS, BitLocker), and remove the outboxes before the disk leaves the site',
  },
  {
    at: 'disk',
    kind: 'tampering',
    threat: 'The user of Node-RED, or root, changes readings in an outbox on purpose and makes the CRC right',
    why: 'A CRC finds accidents; a key for a signature would be readable by the same user',
    acceptedBy: 'whoever runs the computer',
    site: 'Few people with a login there',
  },
  {
    at: 'supply',
    kind: 'tampering',
    threat: 'Whoever releases, or their computer, is taken over',
    why: 'There is no second signature, and no key of the project yet',
    acceptedBy: 'whoever installs it',
    site: 'Let two people build the same commit and compare SHA256SUMS (verify-a-release.md)',
  },
];
