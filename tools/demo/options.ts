export interface DemoOptions {
  /** Seconds to run before the check; undefined: run until Ctrl-C. */
  readonly checkSeconds?: number;
}

const USAGE = 'use "npm run demo" or "npm run demo -- --check SECONDS" with 1 to 3600 seconds.';
const LONGEST_CHECK_SECONDS = 3600;

/**
 * Reads the command line.
 * @throws Error with one sentence
 */
export function parseOptions(args: readonly string[]): DemoOptions {
  const [option, value, ...rest] = args;
  if (option === undefined) return {};
  const seconds = Number(value);
  if (option !== '--check' || rest.length > 0) throw new Error(`The demo does not know ${args.join(' ')}: ${USAGE}`);
  if (!(Number.isInteger(seconds) && seconds >= 1 && seconds <= LONGEST_CHECK_SECONDS)) {
    throw new Error(`--check ${value ?? ''} is not a number of seconds: ${USAGE}`);
  }
  return { checkSeconds: seconds };
}
