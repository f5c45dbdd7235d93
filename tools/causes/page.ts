import { resolve } from 'node:path';
import { CAUSE_ROWS } from '../../src/domain/causes/cause-rows';
import { CAUSE_REMEDIES } from '../../src/domain/causes/diagnose';
import { PM500 } from '../../src/meters/pm500';
import { table } from '../markdown';

export const CAUSES_PAGE = resolve(__dirname, '../../docs/connection-test.md');

const HEAD = `# Test connection

_Test connection_ in the form of \`pm500-meter\`, deployed or not, and \`pm500 test HOST\` in a shell try a meter and name the
cause where it cannot be read. Both ask by explicit messages: no connection of the meter is taken, and no PLC notices. A meter
that is deployed already is read by its own connection, with its limits; a second one is never opened. Where the transport is
one with connections, one of them is opened for a moment only if you ask for it (\`--connections\`).

Over Modbus TCP the meter is asked over Modbus TCP, which suspends EtherNet/IP, also for a PLC; with _A PLC reads this meter
too_ ticked nothing is sent. After a failure List Identity asks by UDP who is at the address, and asks the port itself what
speaks there. A test ends within half a minute, mostly within two seconds.

In the editor it needs the permission \`pm500.scan\`, and asks private and link-local addresses only, unless
\`pm500: { scanAnywhere: true }\` stands in \`settings.js\`.

Made from the table that decides by \`npx tsx tools/causes/main.ts\`; do not edit below. The first cause that fits counts, and
its name stays the same. Names in braces stand for what was seen.
`;

/** What each cause says and advises; rows of one code that differ stand below each other. */
export function writeCausesPage(): string {
  const escape = (text: string): string => text.replaceAll('{model}', PM500.name).replaceAll('|', '\\|');
  const said = CAUSE_ROWS.map(({ code, sentence, remedy }) => [`\`${code}\``, escape(sentence), escape(remedy)]);
  const once = said.filter((row, index) => said.findIndex((other) => other.join() === row.join()) === index);
  const other = ['`NOT_KNOWN`', '{detail}', CAUSE_REMEDIES.templates['NOT_KNOWN'] ?? ''];
  return `${HEAD}\n${table(['cause', 'what is the matter', 'what to do'], [...once, other])}\n`;
}
