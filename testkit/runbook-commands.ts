import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root';

/** A command that a runbook names. */
export interface RunbookCommand {
  /** File name of the runbook. */
  readonly page: string;
  /** As it stands there, on one line where it is in a sentence. */
  readonly text: string;
}

/** What a code span begins with when it is a command; the others are names of nodes, files, metrics, settings. */
const FIRST_WORD =
  /^(?:[A-Z_]+=\S* )*(?:[a-z][a-z0-9_-]*(?: -{0,2}\S| [^\s,])|(?:timedatectl|bootstrap\.sh|[\w-]+-v\d\.sh)$)/;

function fenced(text: string): readonly string[] {
  return [...text.matchAll(/^( *)```sh\n([^]*?)^\1```/gm)].flatMap(([, indent = '', block = '']) => {
    const lines = block.split('\n').map((line) => line.slice(indent.length));
    const whole = lines.filter((line) => line !== '' && !line.startsWith('#')).join('\n');
    // A backslash and a pipe go on in the next line.
    return whole.split(/(?<![\\|])\n/).filter((each) => each !== '');
  });
}

function inSentences(text: string): readonly string[] {
  const spans = text.replaceAll(/^( *)```[^]*?^\1```/gm, '').matchAll(/`([^`]+)`/g);
  return [...spans].map(([, span = '']) => span.replaceAll(/\s+/g, ' ').trim()).filter((span) => FIRST_WORD.test(span));
}

/** Every command of every runbook, each page's once. */
export function runbookCommands(): readonly RunbookCommand[] {
  return readdirSync(join(ROOT, 'docs/runbooks')).flatMap((page) => {
    const text = readFileSync(join(ROOT, 'docs/runbooks', page), 'utf8');
    return [...new Set([...fenced(text), ...inSentences(text)])].map((command) => ({ page, text: command }));
  });
}
