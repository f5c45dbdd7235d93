import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';

export interface PseudoTerminal {
  /** The near end, as a serial port. */
  readonly path: string;
  /** The far end. */
  readonly line: ChildProcessByStdio<Writable, Readable, null>;
  readonly close: () => Promise<void>;
}

/** Longer than any test; it ends by itself only where nobody is left to close it. */
const LASTS_S = 3600;

/** A pseudo-terminal of the command `script`: its far end is this process, its near end has a path. */
export async function openPseudoTerminal(): Promise<PseudoTerminal> {
  const command = `stty raw -echo; tty; exec sleep ${LASTS_S}`;
  const line = spawn('script', ['-qfc', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const [path] = (await once(line.stdout, 'data')) as [Buffer];
  const close = async (): Promise<void> => {
    const ended = once(line, 'exit');
    line.kill();
    await ended;
  };
  return { path: path.toString().trim(), line, close };
}
