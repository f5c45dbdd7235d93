export interface DemoOptions {
  /** Seconds to run before the check; undefined: run until Ctrl-C. */
  readonly checkSeconds?: number;
}

const USAGE = 'use "npm run demo" or "npm run demo -- --check SECONDS" with 1 to 3600 seconds.';

export const HELP = `npm run demo: a simulated meter, an MQTT broker, a database where there is one, and a Node-RED with a flow between them.

  npm run demo                      until Ctrl-C; prints where to look
  npm run demo -- --check SECONDS   looks itself whether everything arrives, takes database and broker away and kills
                                    Node-RED, and ends with 0, or says what is missing and ends with 1
  npm run demo -- --help            this text

It writes to your own InfluxDB where INFLUX_URL, INFLUX_TOKEN, INFLUX_ORG and INFLUX_BUCKET are set.`;

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
