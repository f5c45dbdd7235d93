import type { Logger } from '../support/logger';
import { oneLine } from '../support/one-line';

/** What a command may use of the process it runs in; tests give their own. */
export interface Terminal {
  /** Standard output. Returns false once nobody reads it any more. */
  print(text: string): boolean;
  /** True where a person sees the output on a screen, which can be written anew. */
  readonly isScreen?: boolean;
  /** True where colors are wanted: on a screen, unless `NO_COLOR` is set (https://no-color.org). */
  readonly hasColor?: boolean;
  /** Standard error. */
  complain(sentence: string): void;
  /** Standard input; absent where nothing is to be read. */
  readonly input?: NodeJS.ReadableStream & { readonly unref?: () => unknown };
  /** Aborts when the user ends the command (SIGINT, SIGTERM) or nobody reads its output any more. */
  readonly ended: AbortSignal;
}

/** Exit codes of every subcommand. */
export const EXIT = { success: 0, failure: 1, usage: 2 } as const;

/** Warnings and errors of the library on standard error; the rest is for nodes. */
export function terminalLogger(terminal: Terminal): Logger {
  const complain = (message: string): void => {
    terminal.complain(message);
  };
  return { debug: () => undefined, info: () => undefined, warn: complain, error: complain };
}

/** What a screen can do, by the environment of the process. */
export function screenOf(
  isTTY: boolean,
  environment: Readonly<Record<string, string | undefined>>,
): Required<Pick<Terminal, 'isScreen' | 'hasColor'>> {
  const isScreen = isTTY && environment['TERM'] !== 'dumb';
  // Empty is as good as not set.
  return { isScreen, hasColor: isScreen && (environment['NO_COLOR'] ?? '') === '' };
}

/**
 * The terminal of this process. A reader that goes away (`pm500 read ... | head`) is a normal end, not an error.
 */
export function processTerminal(): Terminal {
  const ending = new AbortController();
  let open = true;
  process.stdout.on('error', () => {
    open = false;
    ending.abort();
  });
  process.stderr.on('error', () => undefined);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Once: a second signal ends the process at once, should the first not have been enough.
    process.once(signal, () => {
      ending.abort();
    });
  }
  return {
    ...screenOf(process.stdout.isTTY, process.env),
    print: (text) => {
      if (open) process.stdout.write(text);
      return open;
    },
    complain: (sentence) => {
      process.stderr.write(`${sentence.split('\n').map(oneLine).join('\n')}\n`);
    },
    // Looked up when a command reads it, and not before: the others have no use for it.
    get input() {
      return process.stdin;
    },
    ended: ending.signal,
  };
}
