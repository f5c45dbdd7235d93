import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { PM500 } from '../../src/meters/pm500';
import type { Assembly } from '../../src/metrics/measurement';
import { table } from '../markdown';
import { codesysName, mappingFile, typesFile, unitOfNumber } from './codesys';
import { assembliesOf, elementsOfAssembly } from './elements';

export const LISTENERS_PAGE = 'docs/listeners.md';
export const CODESYS_FOLDER = 'deploy/codesys';
const ROOT = resolve(__dirname, '../..');

const HEAD = `# CODESYS and other listeners beside Node-RED

Made from the meter table by \`npx tsx tools/listeners/main.ts\`; do not edit. For a controller or another program that takes the
input assemblies of the meter itself. Node-RED needs nothing of this page.

**How well a place is known** stands in the last column: _verified_ was read in the manual, _inferred_ and _assumed_ were not
([device-knowledge.md](device-knowledge.md)). Before you rely on one that is not verified, run \`npx pm500 check\` on the meter, or
compare with its display. All numbers are little-endian, as CIP has them.

## The connection

| what | value | how well known |
| --- | --- | --- |
| path | configuration instance ${PM500.quirks.configurationInstance.value}, heartbeat, then the input assembly | ${PM500.quirks.configurationInstance.provenance} |
| heartbeat, where nobody owns the meter (Input Only) | ${PM500.quirks.heartbeatInputOnly.value}, 0 bytes | ${PM500.quirks.heartbeatInputOnly.provenance} |
| heartbeat beside a PLC (Listen Only) | ${PM500.quirks.heartbeatListenOnly.value}, 0 bytes | ${PM500.quirks.heartbeatListenOnly.provenance} |
| shortest packet interval | ${PM500.quirks.minimumRpiMs.value} ms | ${PM500.quirks.minimumRpiMs.provenance} |
| connections that the meter bears, of everybody together | ${PM500.quirks.assemblyConnections.value} | ${PM500.quirks.assemblyConnections.provenance} |

- Never configure an Exclusive Owner connection: the PLC is the owner. No output assembly is listed here for that reason.
- Listen Only ends with the connection of the owner, and needs its multicast and its packet interval ([transports.md](transports.md)).
- Give the length of each input assembly exactly; it stands above each table.
- Whoever listens takes one of the meter's connections from all others.

## CODESYS

\`${CODESYS_FOLDER}/\` has for each assembly a mapping to import, and \`pm500.st\` with a type of the same layout.

1. Add a _Generic EtherNet/IP device_, a connection with the path above and the length of the assembly. Its input parameters get
   the names of the table, in order and with these types. Call the device as the last column of the file says, such as \`PM500_101\`,
   or replace that word in the file.
2. _Import mappings from CSV_ in the context menu of the device. An address stays as your project has it.
3. For a whole assembly at once, copy its bytes to a variable of the type \`PM500_101\`. It is packed to single bytes.

| about the files | how well known |
| --- | --- |
| rows belong to a parameter by device name and parameter name; an empty field changes nothing; the delimiter is the list separator of Windows, a comma or a semicolon | read in the vendor's help |
| the three heading lines and the six columns | inferred: alike in two exports that others published |
| a name without a path in the first column makes a new variable | inferred |
| the import itself | not tried: no CODESYS was at hand |

These files have semicolons. Where Windows has a comma as list separator, replace them.

## The assemblies
`;

function section(assembly: Assembly): string {
  const rows = elementsOfAssembly(assembly).map((element, index) => [
    String(index + assembly.firstElement),
    String(element.offset),
    element.type,
    `\`${element.name}\``,
    unitOfNumber(element),
    element.label,
    element.provenance,
  ]);
  const length = `${assembly.sizeBytes} bytes (${assembly.sizeProvenance}: ${assembly.sizeSource})`;
  return `### ${assembly.instance}: ${assembly.title}

${length}, group \`${assembly.group}\`, type \`${codesysName(assembly.instance)}\`.

${table(['element', 'byte', 'type', 'name', 'unit', 'what it is', 'how well known'], rows)}
`;
}

/** Every file that is made of the assemblies: path in the repository, and text. */
export function listenerFiles(assemblies: readonly Assembly[] = assembliesOf(PM500)): ReadonlyMap<string, string> {
  return new Map([
    [LISTENERS_PAGE, [HEAD, ...assemblies.map(section)].join('\n')],
    [`${CODESYS_FOLDER}/pm500.st`, typesFile(assemblies)],
    ...assemblies.map((assembly): [string, string] => [
      `${CODESYS_FOLDER}/pm500-${assembly.instance}.csv`,
      mappingFile(assembly),
    ]),
  ]);
}

if (require.main === module) {
  for (const [path, text] of listenerFiles()) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), text);
  }
  console.log(`Wrote ${LISTENERS_PAGE} and ${CODESYS_FOLDER}.`);
}
