import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { MESSAGE_CHAPTERS } from './message-rows';
import { PAYLOAD_CHAPTERS } from './payload-rows';
import { ROOT } from '../../../testkit/root';
import type { Chapter, Proof, RequirementRow } from './row';
import { SESSION_CHAPTERS } from './session-rows';

export const TABLE_FILE = 'docs/sparkplug-requirements.md';

const CHAPTERS: readonly Chapter[] = [...SESSION_CHAPTERS, ...MESSAGE_CHAPTERS, ...PAYLOAD_CHAPTERS];
export const ROWS: readonly RequirementRow[] = CHAPTERS.flatMap(({ rows }) => rows);

/** Every id that bears on an edge node and its devices. */
export function requirementIds(): readonly string[] {
  return readFileSync(join(ROOT, 'test/vectors/sparkplug-requirement-ids.txt'), 'utf8').trim().split('\n');
}

function renderProof({ file, title }: Proof): string {
  return `${file}: "${title}"`;
}

function renderRow({ ids, duty, files, proofs, remark }: RequirementRow): string {
  const cells = [
    ids.map((id) => `\`${id}\``).join('<br>'),
    duty,
    files.map((file) => `\`${file}\``).join('<br>') || '-',
    [...proofs.map(renderProof), ...(remark === undefined ? [] : [remark])].join('<br>'),
  ];
  return `| ${cells.join(' | ')} |`;
}

const HEAD = `# What Sparkplug 3.0.0 asks of an edge node, and where it stands

Every normative assertion of the Eclipse Sparkplug Specification 3.0.0 that bears on an edge node and its devices, by its
id (without \`tck-id-\`): where this software fulfills it, and which test proves that; or why it does not apply. Duties:
MUST, SHOULD, MAY; *sender* and *host* are what others have to do. Nothing of a meter can be written, so there are no
device commands.

This page is written from \`test/sparkplug/requirements/\` by \`npx tsx test/sparkplug/requirements/write.ts\`; a test checks
that no id is missing and that every file and test exists.
`;

/** The page, formatted as the repository formats its documents. */
export async function renderTable(): Promise<string> {
  const chapters = CHAPTERS.map(({ title, rows }) => {
    const lines = rows.map(renderRow).join('\n');
    return `## ${title}\n\n| id | duty | fulfilled in | proved by |\n| --- | --- | --- | --- |\n${lines}\n`;
  });
  const file = join(ROOT, TABLE_FILE);
  return format([HEAD, ...chapters].join('\n'), { ...(await resolveConfig(file)), filepath: file });
}
