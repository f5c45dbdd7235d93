import { resolve } from 'node:path';
import { table } from '../markdown';
import { DEBIAN_PORTS, METER_PORTS, SERVER_PORTS, STACK_PORTS, type PortRow } from './ports';
import { proofWords } from './proof';
import { FOUNDATIONS, REQUIREMENTS } from './requirements';
import { ACCEPTED, BOUNDARIES, THREATS } from './threats';

const MADE = 'Made by `npx tsx tools/security/main.ts` of the rows in `tools/security/`; do not edit.';

const cell = (text: string): string => text.replaceAll('|', '\\|');

const THREAT_HEAD = `# Threat model

${MADE}

What is protected, in this order:

1. **The plant**: meters and PLC go on as if nobody read along. A wrong or missing value is better than a disturbed PLC.
2. **Trust in the values**: nothing wrong is shown as good, and whatever is lost is counted.
3. **Readings that were accepted**, until the other side has them.
4. **Secrets**: passwords, tokens, keys of certificates, the key of the credentials.
5. **Node-RED and its computer**, which other flows of the site need.

\`\`\`mermaid
flowchart LR
  subgraph field[network of the meters]
    meter[(meter)] --- plc[PLC]
  end
  subgraph edge[computer of Node-RED]
    nodes[nodes of this package] --> disk[(outboxes, states)]
    editor[editor, sidebar, metrics page]
  end
  meter -- no login, no encryption --> nodes
  person((people)) -- login, TLS of the site --> editor
  disk -- TLS --> broker[(MQTT broker)] & database[(database)] & cloud[(AWS IoT Core)]
  release[release, npm] -- sums, signature --> edge
\`\`\`

Each row has the tests that fail when its mitigation is taken away; a law finds rows whose test is gone. What is not mitigated stands in
the last table, with who lives with it and what the site has to do. Who finds something that is missing here, tells it as
[incident-response.md](../incident-response.md#a-hole-in-this-product) says.
`;

const IEC_HEAD = `# IEC 62443-4-2, requirement by requirement

${MADE}

**Nobody has certified this product, and no security level is claimed.** The table says for each component requirement of IEC
62443-4-2:2019 who meets it in an installation: this component, Node-RED below it, the site, or nobody. It helps an assessor who has
the standard at hand; what a requirement is about is said in words of ours. As a software application it has no requirements of embedded,
host and network devices.
`;

const PORTS_HEAD = `# Ports and firewall rules

${MADE} Ports are those of the code and of the forms; where a site has chosen another one, that counts.

Everything that is not here can be closed. Node-RED itself needs nothing from the internet; neither does this package, but for AWS IoT Core
where it is used. Name servers (UDP and TCP 53) and NTP (UDP 123) of the site are needed where names and times come from there.
`;

function portTable(rows: readonly PortRow[]): string {
  const heading = ['from', 'to', 'port', 'when', 'encrypted'];
  return table(
    heading,
    rows.map(({ from, to, protocol, port, when, secured }) => [from, to, `${protocol} ${port}`, when, secured]),
  );
}

/** docs/security/threat-model.md */
function threatModel(): string {
  const sections = BOUNDARIES.map(([id, title]) => {
    const rows = THREATS.filter(({ at }) => at === id).map(({ kind, threat, mitigation, proofs }) => [
      kind,
      cell(threat),
      cell(mitigation),
      cell(proofWords(proofs)),
    ]);
    return `## Boundary: ${title}\n\n${table(['kind', 'threat', 'what is done about it', 'tests'], rows)}`;
  });
  const accepted = ACCEPTED.map(({ at, kind, threat, why, acceptedBy, site }) =>
    [at, kind, threat, why, acceptedBy, site].map(cell),
  );
  const heading = [
    'boundary',
    'kind',
    'threat',
    'why it is not mitigated here',
    'who lives with it',
    'what the site has to do',
  ];
  const rest = `## Not mitigated\n\n${table(heading, accepted)}`;
  return `${[THREAT_HEAD.trimEnd(), ...sections, rest].join('\n\n')}\n`;
}

/** docs/security/iec-62443.md */
function requirements(): string {
  const sections = Object.entries(FOUNDATIONS).map(([digit, title]) => {
    const rows = REQUIREMENTS.filter(({ cr }) => cr.startsWith(`${digit}.`)).map(
      ({ cr, about, by, how, proofs = [] }) => [`CR ${cr}`, about, by.join(', '), cell(how), cell(proofWords(proofs))],
    );
    return `## FR ${digit}: ${title}\n\n${table(['requirement', 'about', 'met by', 'how', 'tests'], rows)}`;
  });
  const count = (by: string): number => REQUIREMENTS.filter((row) => row.by.some((each) => each === by)).length;
  const sum = `Of ${REQUIREMENTS.length} rows, ${count('component')} are met here at least in part, ${count('Node-RED')} need Node-RED, ${count('site')} need the site, ${count('not applicable')} do not apply, ${count('nobody')} is not claimed.`;
  return `${[IEC_HEAD.trimEnd(), sum, ...sections].join('\n\n')}\n`;
}

/** docs/security/ports.md */
function ports(): string {
  const stack = table(
    ['service', 'port', 'for whom'],
    [
      ...STACK_PORTS.map(({ service, port, who }) => [service, `TCP ${port}`, who]),
      ...DEBIAN_PORTS.map(({ port, who }) => ['Debian alone', `TCP ${port}`, who]),
    ],
  );
  const rules = [METER_PORTS, SERVER_PORTS].flat();
  const out = rules
    .filter(({ from }) => from === 'this computer')
    .map(
      ({ to, protocol, port }) =>
        `    ${protocol.toLowerCase()} dport ${port} ip daddr @${to === 'meter' ? 'meters' : 'servers'} accept`,
    );
  const nft = [
    '```',
    'table inet pm500 {',
    '  set meters { type ipv4_addr; flags interval; elements = { 10.20.1.0/24 } }   # yours',
    '  set servers { type ipv4_addr; elements = { 10.30.0.8, 10.30.0.9 } }          # broker, database',
    '  chain output {',
    '    type filter hook output priority 0; policy drop;',
    '    oif lo accept',
    '    ct state established,related accept',
    ...new Set(out),
    '    tcp dport 8086 ip daddr @servers accept                                    # where the database is not here',
    '    udp dport { 53, 123 } ip daddr @servers accept',
    '    ip protocol igmp accept                                                    # with multicast',
    '  }',
    '  chain input {',
    '    type filter hook input priority 0; policy drop;',
    '    iif lo accept',
    '    ct state established,related accept',
    `    udp dport ${METER_PORTS[3]?.port ?? 0} ip saddr @meters accept                                      # listen-only, input-only`,
    `    udp sport ${METER_PORTS[1]?.port ?? 0} ip saddr @meters accept                                     # answers to a search by broadcast`,
    '    ip protocol igmp accept                                                    # with multicast',
    '    tcp dport 22 accept                                                        # administration',
    '  }',
    '}',
    '```',
  ].join('\n');
  const sections = [
    `## Network of the meters\n\n${portTable(METER_PORTS)}\n\nBetween two networks, multicast needs a router that passes it on (PIM) or point-to-point data; IGMP has to pass where switches snoop ([transports.md](../transports.md)). A meter takes nothing from here but what [harmlessness](../../README.md#what-it-never-does) lists.`,
    `## To servers\n\n${portTable(SERVER_PORTS)}\n\nThe database has the port of its URL, mostly TCP 8086 or 443.`,
    `## Of the stack\n\nEach listens on 127.0.0.1 alone, unless \`.env\` or \`site.env\` says otherwise.\n\n${stack}`,
    `## As rules of nftables\n\nTo begin with; put in the addresses of the site, and try it from a console that the rules do not cut. The form is checked by nobody but you: it was not loaded in the tests.\n\n${nft}`,
  ];
  return `${[PORTS_HEAD.trimEnd(), ...sections].join('\n\n')}\n`;
}

const FOLDER = resolve(__dirname, '../../docs/security');

/** Pages by their path, as the rows say them now. */
export function securityPages(): ReadonlyMap<string, string> {
  return new Map([
    [resolve(FOLDER, 'threat-model.md'), threatModel()],
    [resolve(FOLDER, 'iec-62443.md'), requirements()],
    [resolve(FOLDER, 'ports.md'), ports()],
  ]);
}
