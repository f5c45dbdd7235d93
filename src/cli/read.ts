import { BUILT_IN_LAYOUT } from '../acquisition/layout-file';
import { createLinkTransport, MESSAGING_KINDS, type Messaging } from '../acquisition/link-transport';
import { MeterRegistry } from '../acquisition/meter-registry';
import type { MeterSession, MeterSettings } from '../acquisition/meter-session';
import { normalizeReading } from '../domain/normalize';
import type { Reading } from '../domain/reading';
import { GROUPS } from '../meter/groups';
import { QUIRKS } from '../meter/quirks';
import { delay, systemClock } from '../support/clock';
import { hasCode, Pm500Error } from '../support/errors';
import { describeOptions, failUsage, HELP_OPTION, Options, type OptionRow } from './options';
import { formatTable } from './table';
import { EXIT, terminalLogger, type Terminal } from './terminal';

const GROUP_NAMES = GROUPS.map(({ name }) => name);
const INSTANCES = [...BUILT_IN_LAYOUT.blocks.keys()];
const CONNECT_TIMEOUT_MS = 3000;
const REPLY_TIMEOUT_MS = 2000;
const DEFAULT_INTERVAL_MS = 1000;
const DEFAULT_RPI_MS = 250;
const LONGEST_RPI_MS = 60_000;
const LONGEST_INTERVAL_MS = 86_400_000;

const ROWS: readonly OptionRow[] = [
  { name: 'transport', value: 'NAME', help: `${MESSAGING_KINDS.join(', ')} (${MESSAGING_KINDS[0]})` },
  { name: 'rpi', value: 'MS', help: `packet interval of the last three (${DEFAULT_RPI_MS})` },
  { name: 'port', value: 'N', help: `TCP port (${QUIRKS.enipPort.value})` },
  { name: 'group', value: 'NAME', multiple: true, help: `${GROUP_NAMES.join(', ')} (all)` },
  { name: 'assembly', value: 'N', multiple: true, help: `one of ${INSTANCES.join(', ')}, instead of a group` },
  {
    name: 'interval',
    value: 'MS',
    help: `time between reads, at least ${QUIRKS.minimumReadIntervalMs.value} (${DEFAULT_INTERVAL_MS})`,
  },
  { name: 'count', value: 'N', help: 'number of reads (1, without end when --interval is given)' },
  { name: 'json', help: 'one line of JSON per read: the message of pm500-normalize' },
  HELP_OPTION,
];

export const READ_HELP = `pm500 read: reads a PowerMonitor 500 over EtherNet/IP and prints its values

Usage: pm500 read HOST [options]

${describeOptions(ROWS)}`;

function chooseAssemblies(options: Options): readonly number[] {
  const assemblies = options.numbers('assembly', { min: 0, max: 0xffff, whole: true });
  const groups = options.texts('group');
  if (assemblies.length > 0 && groups.length > 0) {
    failUsage('Options --group and --assembly do not go together; leave one of them out.');
  }
  for (const instance of assemblies) {
    if (!INSTANCES.includes(instance)) {
      failUsage(`Option --assembly is "${instance}"; choose one of ${INSTANCES.join(', ')}.`);
    }
  }
  if (assemblies.length > 0) return [...new Set(assemblies)];
  const chosen = groups.map((name) => {
    const group = GROUPS.find((candidate) => candidate.name === name);
    return group ?? failUsage(`Option --group is "${name}"; choose one of ${GROUP_NAMES.join(', ')}.`);
  });
  return [...new Set((chosen.length === 0 ? GROUPS : chosen).flatMap((group) => group.assemblies))].sort();
}

function describeMeter({ meter, blocks }: Reading, port: number): string {
  const latencyMs = Math.max(...blocks.map((block) => block.latencyMs));
  const read = blocks.find((block) => block.error === undefined);
  const who =
    meter.serialNumber === undefined ? '' : `${meter.catalogNumber ?? 'Unknown device'} serial ${meter.serialNumber}, `;
  const when = new Date(read?.timestamp ?? 0).toISOString();
  return `${who}${meter.host}:${port}, ${when}, slowest reply ${latencyMs.toFixed(1)} ms\n`;
}

interface ReadPlan {
  readonly assemblies: readonly number[];
  readonly intervalMs: number;
  readonly count: number;
  readonly asJson: boolean;
}

/** Reads and prints until the count is reached, everything fails, or the user ends it. */
async function printReadings(session: MeterSession, plan: ReadPlan, terminal: Terminal): Promise<number> {
  let failed = false;
  let dueAt = systemClock.monotonic();
  for (let cycle = 0; cycle < plan.count && !terminal.ended.aborted; cycle++) {
    await delay(systemClock, dueAt - systemClock.monotonic(), terminal.ended);
    const startedAt = systemClock.monotonic();
    const reading = await session.read(plan.assemblies, terminal.ended);
    // The first cycle has connected before it could ask: counted from its beginning, the next would come too soon and
    // get the same answer again.
    dueAt = (cycle === 0 ? systemClock.monotonic() : startedAt) + plan.intervalMs;
    const errors = reading.blocks.flatMap((block) => block.error ?? []);
    const [first] = errors;
    if (first !== undefined && errors.length === reading.blocks.length) throw new Pm500Error(first.code, first.message);
    failed = first !== undefined;
    for (const { message } of errors) terminal.complain(message);
    const telemetry = normalizeReading(reading);
    const heading = `${cycle === 0 ? '' : '\n'}${describeMeter(reading, session.settings.port)}`;
    terminal.print(plan.asJson ? `${JSON.stringify(telemetry)}\n` : `${heading}${formatTable(telemetry)}`);
  }
  return failed ? EXIT.failure : EXIT.success;
}

function chooseMessaging(options: Options): Messaging {
  const limits = { min: QUIRKS.minimumRpiMs.value, max: LONGEST_RPI_MS };
  return {
    kind: options.choice('transport', MESSAGING_KINDS) ?? 'ucmm',
    rpiMs: options.number('rpi', limits) ?? DEFAULT_RPI_MS,
    // A person who reads from a shell and asks for `auto` wants values either way.
    allowInputOnly: true,
  };
}

function settingsOf(host: string, port: number, transport: Messaging): MeterSettings {
  return {
    name: host,
    host,
    port,
    tags: {},
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    replyTimeoutMs: REPLY_TIMEOUT_MS,
    minimumReadIntervalMs: QUIRKS.minimumReadIntervalMs.value,
    layout: BUILT_IN_LAYOUT,
    layoutConfirmed: false,
    transport,
  };
}

/**
 * `pm500 read`: through the same session code as the nodes, with the same limits.
 * @returns the exit code
 * @throws Pm500Error CONFIG_INVALID for bad options, else what kept the meter from being read
 */
export async function runRead(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = Options.parse('pm500 read', ROWS, args);
  if (options.has('help')) {
    terminal.print(READ_HELP);
    return EXIT.success;
  }
  const [host, extra] = options.positionals;
  if (host === undefined || host === '') return failUsage('The meter is missing; write pm500 read HOST.');
  if (extra !== undefined) failUsage(`Argument "${extra}" is one too many; name one meter: pm500 read HOST.`);
  const port = options.number('port', { min: 1, max: 65_535, whole: true }) ?? QUIRKS.enipPort.value;
  const minimumMs = QUIRKS.minimumReadIntervalMs.value;
  const intervalMs = options.number('interval', { min: minimumMs, max: LONGEST_INTERVAL_MS });
  const count = options.number('count', { min: 1, max: Number.MAX_SAFE_INTEGER, whole: true });
  const plan: ReadPlan = {
    assemblies: chooseAssemblies(options),
    intervalMs: intervalMs ?? DEFAULT_INTERVAL_MS,
    count: count ?? (intervalMs === undefined ? 1 : Number.POSITIVE_INFINITY),
    asJson: options.has('json'),
  };
  const logger = terminalLogger(terminal);
  const registry = new MeterRegistry({
    clock: systemClock,
    random: Math.random,
    logger,
    createTransport: (settings) => createLinkTransport(settings, { clock: systemClock, logger, random: Math.random }),
  });
  const { session, release } = registry.acquire(settingsOf(host, port, chooseMessaging(options)));
  try {
    return await printReadings(session, plan, terminal);
  } catch (thrown) {
    // Ended by the user between two assemblies: what was printed is whole.
    if (terminal.ended.aborted && hasCode(thrown, 'ABORTED')) return EXIT.success;
    throw thrown;
  } finally {
    await release();
  }
}
