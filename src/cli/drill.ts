import { appendFileSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { DRILLS, type Drill, type DrillTurn } from '../drill/drills';
import { MetricsPage } from '../drill/metrics-page';
import { runDrill, type DrillWorld } from '../drill/run-drill';
import { PACKAGE } from '../drill/stack-commands';
import { systemClock } from '../support/clock';
import { toPm500Error } from '../support/errors';
import { packageFolder } from '../support/package-version';
import { describeOptions, failUsage, HELP_OPTION, Options, type OptionRow } from './options';
import { alignColumns } from './table';
import { EXIT, type Terminal } from './terminal';

const PAGE = 'http://127.0.0.1:1880/pm500/metrics';
const ROWS: readonly OptionRow[] = [
  { name: 'url', value: 'URL', help: `metrics page of Node-RED (${PAGE})` },
  { name: 'token-file', value: 'FILE', help: 'file with the token of that page, where it asks for one' },
  { name: 'record', value: 'FILE', help: 'adds the record to this file, a line of JSON' },
  { name: 'every', value: 'SECONDS', help: 'time between two looks (2)' },
  {
    name: 'steady',
    value: 'SECONDS',
    help: 'how long all must have been well in the end (two looks; 60 for meter-exchanged)',
  },
  { name: 'plan', help: 'says what is to be done, and ends' },
  HELP_OPTION,
];

export const DRILL_HELP = `pm500 drill: watches a fault that you make on purpose, and says what it cost

Usage: pm500 drill NAME [options]

It changes nothing: you make the fault and end it, as it says, by the commands for root on the stack on Debian that it prints. It looks at the metrics page of Node-RED and ends with a record: when
the fault was seen, when all was well again (RTO), how many records were lost (RPO). Ends with 0 where all was well again and none was
lost.

${alignColumns(DRILLS.map(({ name, title }) => [`  ${name}`, title]))}
${describeOptions(ROWS)}`;

const ANSWER_MS = 5000;

/** A sentence, and a line for each command, to be copied. */
const textOf = ({ say, run }: DrillTurn): string =>
  [say, ...run.map((command) => `  ${command.replaceAll(PACKAGE, packageFolder())}`)].join('\n');

/** What a person does in a drill, from the beginning to the end, to be read before. */
const planOf = ({ title, make, end, after, runbook }: Drill): string =>
  [`${title}. Runbook: docs/${runbook}`, ...[make, end, ...(after === undefined ? [] : [after])].map(textOf)].join(
    '\n\n',
  );

function tokenIn(path: string | undefined): Readonly<Record<string, string>> {
  if (path === undefined) return {};
  try {
    return { authorization: `Bearer ${readFileSync(resolve(path), 'utf8').trim()}` };
  } catch (thrown) {
    return failUsage(`The token in ${path} cannot be read (${toPm500Error(thrown).message}); correct --token-file.`);
  }
}

/** @throws Pm500Error CONFIG_INVALID where the page answers and refuses: that is no fault to be watched */
async function lookAt(url: string, headers: Readonly<Record<string, string>>): Promise<MetricsPage | undefined> {
  let response: Response;
  try {
    response = await fetch(url, { headers, signal: AbortSignal.timeout(ANSWER_MS) });
    if (response.ok) return new MetricsPage(await response.text());
  } catch {
    return undefined;
  }
  if (response.status === 401 || response.status === 403)
    failUsage(`The metrics page at ${url} asks for another token (HTTP ${response.status}); correct --token-file.`);
  return undefined;
}

/**
 * `pm500 drill`: watches a drill and ends with its record.
 * @returns the exit code
 * @throws Pm500Error CONFIG_INVALID for bad options
 */
export async function runDrillCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = Options.parse('pm500 drill', ROWS, args);
  if (options.has('help')) {
    terminal.print(DRILL_HELP);
    return EXIT.success;
  }
  const [name, ...more] = options.positionals;
  const drill = DRILLS.find((each) => each.name === name);
  if (drill === undefined || more.length > 0)
    return failUsage(`Name one drill: ${DRILLS.map((each) => each.name).join(', ')}; see pm500 drill --help.`);
  if (options.has('plan')) {
    terminal.print(`${planOf(drill)}\n`);
    return EXIT.success;
  }
  const url = options.text('url') ?? PAGE;
  if (!URL.canParse(url)) failUsage('Option --url is no URL; give one such as http://127.0.0.1:1880/pm500/metrics.');
  const headers = tokenIn(options.text('token-file'));
  const everyMs = 1000 * (options.number('every', { min: 0.1, max: 3600 }) ?? 2);
  const steadySeconds = options.number('steady', { min: 0, max: 3600 });
  const { ended } = terminal;
  const world: DrillWorld = {
    look: () => lookAt(url, headers),
    wait: () =>
      new Promise((resolveWait) => {
        if (ended.aborted) {
          resolveWait(false);
          return;
        }
        const finish = (): void => {
          timer.cancel();
          ended.removeEventListener('abort', finish);
          resolveWait(!ended.aborted);
        };
        const timer = systemClock.after(everyMs, finish);
        ended.addEventListener('abort', finish);
      }),
    now: () => systemClock.now(),
    monotonic: () => systemClock.monotonic(),
    say: (sentence) => {
      terminal.complain(sentence);
    },
    ask: (turn) => {
      terminal.complain(textOf(turn));
    },
    ...(steadySeconds === undefined ? {} : { steadySeconds }),
  };
  if ((await world.look()) === undefined)
    failUsage(
      `The metrics page at ${url} does not answer, so nothing is well before the drill; correct --url, or start Node-RED.`,
    );
  const record = await runDrill(drill, world);
  const line = `${JSON.stringify(record)}\n`;
  terminal.print(line);
  const file = options.text('record');
  if (file !== undefined) {
    try {
      appendFileSync(resolve(file), line);
    } catch (thrown) {
      failUsage(`The record cannot be added to ${file} (${toPm500Error(thrown).message}); correct --record.`);
    }
  }
  return record.passed ? EXIT.success : EXIT.failure;
}
