import { openPseudoTerminal } from './pseudo-terminal';

/** Two serial ports joined by a cable of this process: what goes into one comes out of the other. */
export interface PseudoTerminalPair {
  readonly paths: readonly [string, string];
  readonly close: () => Promise<void>;
}

export async function openPseudoTerminalPair(): Promise<PseudoTerminalPair> {
  const [left, right] = await Promise.all([openPseudoTerminal(), openPseudoTerminal()]);
  left.line.stdout.on('data', (chunk: Buffer) => right.line.stdin.write(chunk));
  right.line.stdout.on('data', (chunk: Buffer) => left.line.stdin.write(chunk));
  return {
    paths: [left.path, right.path],
    close: async () => {
      await Promise.all([left.close(), right.close()]);
    },
  };
}
