import { resolve } from 'node:path';
import { DOCTOR_AREAS, type DoctorCheck } from '../../src/doctor/check';
import { DOCTOR_CHECKS } from '../../src/doctor/checks';
import { table } from '../markdown';

export const DOCTOR_PAGE = resolve(__dirname, '../../docs/doctor.md');

const HEAD = `# Is it ready? \`pm500 doctor\`

The table of checks is made by \`npx tsx tools/doctor/main.ts\`; do not edit.

\`\`\`sh
cd ~/.node-red && npx pm500 doctor          # findings, and what could not be looked at
npx pm500 doctor --all                      # every check with what was seen
npx pm500 doctor --format html --output readiness.html
npx pm500 doctor --json                     # pm500.doctor/1; --format junit for a CI server, prometheus for gauges
\`\`\`

On [the stack](stack.md) the settings are those of the package, and variables and secrets come from units and containers. As root on
Debian, then of the containers, in \`deploy/compose\`; options go at the end, before the quote:

\`\`\`sh
sh -c 'set -a; . /etc/pm500/site.env; PM500_SECRETS=/etc/pm500/secrets pm500 doctor --user-dir /var/lib/pm500-node-red \\
  --settings /usr/lib/node_modules/@pm500/node-red-powermonitor/deploy/node-red/settings.js'
docker compose exec node-red /usr/src/node-red/node_modules/.bin/pm500 doctor --user-dir /data --settings /pm500/settings.js
\`\`\`

The [sidebar](sidebar.md) of the editor does the same by a button, in its own language, and by itself with \`pm500: { doctorHours: 24 }\` in settings.js; the metrics
page then has the findings as gauges. In \`pm500.doctor/1\`, \`evidence\` is for programs and always in English; \`told\` beside it is
how the sidebar finds its words, and may change.

It looks at the computer, the service, the user directory of Node-RED, flows and settings, certificates, outboxes, backups,
brokers, databases and meters, and changes nothing. All that it asks of others, it asks at the same time and for a few seconds:

- settings.js is a program: it runs in a process of its own, as Node-RED runs it at each start. Run the command as the user of
  Node-RED, else it cannot read what Node-RED reads.
- Each broker gets one connection with a client ID of its own, and a second one without a login; nothing is published. Of AWS IoT
  and of a broker that is reached by an enrolled identity, which bear one client each, the certificate alone is looked at.
- Each database gets an empty write, which stores nothing; an InfluxDB 1 also the queries of \`pm500 influx status\`, and one without
  a login.
- Each meter is read once by explicit messages, like by [\`pm500 test\`](connection-test.md), where twice its own limit (400 ms or
  more) fits between two reads of its schedules. One that is read more often, on messages, over Modbus or on a serial line is left
  alone, and the report says so. \`--offline\` asks nobody.

Passwords, tokens and keys are read where a check needs them, and never printed. \`--output\` makes a file that its owner alone may
read; one that is there keeps its mode and owner, and is replaced as a whole.

Each check ends in one of four ways. **ok**: it was looked at, and is fine. **finding**: it was looked at, and is not.
**attested**: no program can see it, and a person says so. **could not look**: with the reason; it never counts as fine. What was
seen stands, whatever a person attests.

| exit code | means                                                                        |
| --------- | ---------------------------------------------------------------------------- |
| 0         | no findings; read what could not be looked at                                |
| 3, 4, 5   | the worst finding is a notice, a warning, critical                           |
| 6         | no findings, but the flows could not be looked at; with \`--strict\`: anything could not |
| 1, 2      | the command failed; wrong options, or a file of attestations that is wrong   |

## What persons attest

In \`pm500/attested.json\` of the user directory, or the file that \`--attested\` names; the days in the table say for how long it counts:

\`\`\`json
[{ "id": "restore-drilled", "name": "J. Doe", "date": "2026-11-02", "note": "41 min on the spare computer" }]
\`\`\`

\`--without ID\` leaves a check out that means nothing on this site; the report says so.

## Checks
`;

const code = (text: string): string => `\`${text}\``;
const cell = (text: string): string => text.replaceAll('|', '\\|');
const linkOf = ({ docs }: DoctorCheck): string => {
  const page = docs.replace(/^docs\//, '');
  return page === 'doctor.md' ? 'this page' : `[${page.replace(/\.md$/, '')}](${page})`;
};

function sectionOf(area: string): string {
  const rows = DOCTOR_CHECKS.filter((check) => check.area === area).map((check) => [
    code(check.id),
    check.severity + (check.attestedDays === undefined ? '' : `, attested for ${check.attestedDays} days`),
    cell(check.title),
    cell(check.looksAt),
    cell(check.remedy),
    linkOf(check),
  ]);
  const heading = ['check', 'severity', 'what should be true', 'looks at', 'what to do', 'more'];
  return `### ${area[0]?.toUpperCase() ?? ''}${area.slice(1)}\n\n${table(heading, rows)}`;
}

/** The page of the command with every check. */
export function writeDoctorPage(): string {
  return `${[HEAD.trimEnd(), ...DOCTOR_AREAS.map(sectionOf)].join('\n\n')}\n`;
}
