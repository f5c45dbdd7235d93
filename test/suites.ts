import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { FRAMES_FOLDER, recordingEnvironment } from '../testkit/frames/recording';
import { portsEnvironment } from '../testkit/servers/ports';
import { temporaryFolder } from '../testkit/temporary-folder';
import { WHICH_ROWS } from './compat/matrix';
import { TOTALS_FILE, type Totals } from './totals';
import { ROOT } from '../testkit/root';

export interface Suite {
  readonly name: string;
  /** Arguments of mocha. */
  readonly args: readonly string[];
  /** Added to the environment of its process and of every process that it starts. */
  readonly env?: Readonly<Record<string, string>>;
  /** It runs only where its name is given. */
  readonly isOnDemand?: true;
  /** It runs beside the suite before it, and its output follows when it has ended. */
  readonly isBeside?: true;
  /** Name of a suite that it follows at once: it runs beside those that are beside that one. */
  readonly follows?: string;
}

/** A folder that services write into as users of their own. */
function folderOfAll(): string {
  const parent = temporaryFolder('frames');
  const folder = join(parent, 'frames');
  mkdirSync(folder);
  chmodSync(parent, 0o711);
  chmodSync(folder, 0o1777);
  return folder;
}

/** What the integration tests send, kept for the proof that follows them. */
const FRAMES = folderOfAll();

/** Integration tests that run one after the other, in one process. */
interface Lane {
  readonly name: string;
  /** How the names of its files begin. */
  readonly files: readonly string[];
  readonly isBeside?: true;
}

/**
 * Lanes leave each other alone: ports, folders and processes are their own. What a computer has only once, the UDP port
 * and the groups of implicit connections, stays in one lane, and so do browsers, which need a whole core.
 */
const WAITING: Lane = {
  name: 'integration: what waits',
  // Delays of alerts, intervals of databases and brokers, meters that do not answer: next to no work.
  files: ['alert', 'influx-auth', 'influx-continuous', 'modbus-dead-units', 'sparkplug-repeats', 'sparkplug-to-scada'],
  isBeside: true,
};
const SINKS: Lane = {
  name: 'integration: sinks and their servers',
  files: [
    ...['cloud', 'influx', 'iot', 'outbox', 'sparkplug', 'stack', 'telegraf', 'tier', 'victoria-metrics'],
    // Of meters they have none but by explicit reads.
    ...['drills-disk', 'drills-failover', 'drills-restore', 'drills-servers', 'files-backup', 'generator', 'grafana'],
  ],
  isBeside: true,
};
const OTHERS: Lane = { name: 'integration', files: [''] };

const FOLDER = 'test/integration';

/** Each file runs in the first of these lanes that names it. */
function filesOf(lane: Lane): readonly string[] {
  return readdirSync(join(ROOT, FOLDER))
    .filter((name) => name.endsWith('.test.ts'))
    .filter(
      (name) => [WAITING, SINKS, OTHERS].find(({ files }) => files.some((start) => name.startsWith(start))) === lane,
    )
    .sort()
    .map((name) => join(FOLDER, name));
}

/** For suites that .mocharc.json is not about. */
const APART = ['--no-config', '--require=tsx/cjs', '--timeout=120000', '--forbid-only', '--forbid-pending'];
const INTEGRATION = [...APART, '--require=test/setup-integration.ts'];

function integration(lane: Lane): Suite {
  return {
    name: lane.name,
    args: [...INTEGRATION, ...filesOf(lane)],
    env: recordingEnvironment(FRAMES),
    ...(lane.isBeside === true ? { isBeside: true } : {}),
  };
}

/** The packed package; what `npm install` needs has to come from the registry. */
const COMPATIBILITY = [...INTEGRATION, 'test/compat/*.proof.ts'];
/** Has packages of its own, which are to be installed before. */
export const AWS_SUITE = 'deploy/aws';

export const SUITES: readonly Suite[] = [
  { name: 'unit, laws, conformance', args: [] },
  integration(WAITING),
  integration(OTHERS),
  integration(SINKS),
  { name: AWS_SUITE, args: [...APART, 'deploy/aws/test/**/*.test.ts'], isBeside: true, follows: SINKS.name },
  { name: 'harmlessness', args: [...APART, 'test/harmlessness/*.proof.ts'], env: { [FRAMES_FOLDER]: FRAMES } },
  { name: 'compatibility: newest', args: COMPATIBILITY, isBeside: true },
  { name: 'compatibility: all', args: COMPATIBILITY, env: { [WHICH_ROWS]: 'all' }, isOnDemand: true },
];

/** A suite that has ended must let go of everything; after this it has left something open. */
const LINGER_MS = 20_000;
const LOOK_EVERY_MS = 500;
/** What a process wrote last arrives after its end. */
const LAST_OUTPUT_MS = 500;

function readTotals(file: string): Totals | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Totals) : undefined;
}

/** What a suite came to: a crash, a leak, or no test at all is a failure too. */
function judged(
  name: string,
  totals: Totals | undefined,
  { status, lingers }: { readonly status: number | string; readonly lingers: boolean },
): Totals {
  const { passed, failed, failures } = totals ?? { passed: 0, failed: 0, failures: [] };
  const complaint = ((): string | undefined => {
    if (totals === undefined) return `ended (${status}) before its last test`;
    if (lingers) return 'left something open: its process did not end after the last test';
    if (passed + failed === 0) return 'has no tests';
    return status !== 0 && failed === 0 ? `ended with ${status} though no test failed` : undefined;
  })();
  if (complaint === undefined) return { passed, failed, failures };
  return { passed, failed: failed + 1, failures: [...failures, `The suite "${name}" ${complaint}.`] };
}

/** Runs one suite in a process of its own, its output passing through. A crash or a leak counts as a failure. */
export async function runSuite(suite: Suite): Promise<Totals> {
  const heading = `\n=== ${suite.name}`;
  if (suite.isBeside !== true) console.log(heading);
  const output: Buffer[] = [];
  const file = join(temporaryFolder('totals'), 'totals.json');
  const mocha = createRequire(__filename).resolve('mocha/bin/mocha.js');
  const reporter = join(ROOT, 'test/totals-reporter.ts');
  const child = spawn(process.execPath, [mocha, `--reporter=${reporter}`, ...suite.args], {
    cwd: ROOT,
    stdio: ['ignore', ...(suite.isBeside === true ? (['pipe', 'pipe'] as const) : (['inherit', 'inherit'] as const))],
    env: {
      ...process.env,
      ...portsEnvironment(SUITES.indexOf(suite), SUITES.length),
      ...suite.env,
      [TOTALS_FILE]: file,
    },
  });
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => output.push(chunk));
  const seen = { endedAt: Number.POSITIVE_INFINITY, lingers: false };
  const watch = setInterval(() => {
    if (!existsSync(file)) return;
    seen.endedAt = Math.min(seen.endedAt, performance.now());
    if (performance.now() - seen.endedAt < LINGER_MS) return;
    seen.lingers = true;
    child.kill('SIGTERM');
  }, LOOK_EVERY_MS);
  const stop = (): void => void child.kill('SIGTERM');
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const status = await new Promise<number | string>((finish) => {
    child.once('exit', (code, signal) => {
      setTimeout(finish, suite.isBeside === true ? LAST_OUTPUT_MS : 0, code ?? signal ?? 'unknown');
    });
    child.once('error', (error) => {
      finish(error.message);
    });
  });
  clearInterval(watch);
  process.off('SIGINT', stop).off('SIGTERM', stop);
  if (suite.isBeside === true) console.log(`${heading}\n${Buffer.concat(output).toString()}`);
  return judged(suite.name, readTotals(file), { status, lingers: seen.lingers });
}
