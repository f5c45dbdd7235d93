import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { table } from '../markdown';
import { ERROR_EXPLANATIONS } from './errors';
import { STATUS_EXPLANATIONS, type Explanation } from './statuses';
import { SYMPTOMS } from './symptoms';

const ROOT = resolve(__dirname, '../..');
export const TROUBLESHOOTING_PAGE = resolve(ROOT, 'docs/troubleshooting.md');

const HEAD = `# Troubleshooting

Three ways in: by what you see, by the status under a node, by the code of an error. A code never changes; the sentence
beside it has the names and numbers of your case.

Made from the catalogs of the nodes and from \`tools/troubleshooting/\` by \`npx tsx tools/troubleshooting/main.ts\`; do not
edit below.
`;

interface Catalog {
  readonly status?: Readonly<Record<string, string>>;
}

/** The status texts of a node by their keys, `shared` for those that all sinks have. */
export function statusTexts(node: string): Readonly<Record<string, string>> {
  const file = resolve(ROOT, 'nodes', node, 'en-US.json');
  if (!existsSync(file)) return {};
  const whole = JSON.parse(readFileSync(file, 'utf8')) as Catalog & Readonly<Record<string, Catalog | undefined>>;
  return (node === 'shared' ? whole : whole[node])?.status ?? {};
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** A text with what its places stand for: \`away, __records__ queued\` is shown as \`away, (records) queued\`. */
const shown = (text: string): string => `_${cell(text.replace(/__(\w+?)__/g, '($1)'))}_`;

const explained = ({ means, remedy }: Explanation): readonly string[] => [cell(means), cell(remedy)];

function statusTable(node: string): string {
  const explanations = STATUS_EXPLANATIONS[node] ?? {};
  const rows = Object.entries(statusTexts(node)).map(([key, text]) => {
    const explanation = explanations[key];
    if (explanation === undefined) throw new Error(`tools/troubleshooting/statuses.ts says nothing of ${node}.${key}`);
    return [shown(text), ...explained(explanation)];
  });
  const title = node === 'shared' ? '`influx-out`, `iot-out` and the store of `sparkplug-out`' : `\`${node}\``;
  return `### ${title}\n\n${table(['status', 'what it means', 'what to do'], rows)}`;
}

/** The page, by symptom, by status and by code. */
export function writeTroubleshootingPage(): string {
  const errors = Object.entries(ERROR_EXPLANATIONS).map(([code, explanation]) => [
    `<a id="${code.toLowerCase()}"></a>\`${code}\``,
    ...explained(explanation),
  ]);
  return (
    [
      HEAD,
      '## By symptom',
      table(['what you see', 'where to look'], SYMPTOMS),
      '## By status',
      ...Object.keys(STATUS_EXPLANATIONS).map(statusTable),
      '## By code',
      table(['code', 'what it means', 'what to do'], errors),
      '',
    ]
      .join('\n\n')
      .trimEnd() + '\n'
  );
}
