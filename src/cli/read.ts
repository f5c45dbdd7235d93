import { workingLayout } from '../domain/codec/built-in-layouts';
import { whereOf } from '../acquisition/meter-address';
import { readIntervalOf } from '../acquisition/meter-rows';
import { settingsOf } from '../acquisition/meter-settings';
import type { MeterSession } from '../acquisition/meter-session';
import { normalizeReading } from '../domain/quality/normalize';
import type { Reading } from '../domain/messages/reading';
import { delay, systemClock } from '../support/clock';
import { hasCode, Pm500Error } from '../support/errors';
import { describeOptions, failUsage, HELP_OPTION, Options, type OptionRow } from './options';
import { commandMeters, METER_OPTIONS, meterChoiceOf } from './choose-meter';
import { formatTable } from './table';
import { EXIT, type Terminal } from './terminal';
import { PM500 } from '../meters/pm500';

const READ_INTERVAL = readIntervalOf(PM500);

const GROUP_NAMES = PM500.groups.map(({ name }) => name);
const INSTANCES = [...workingLayout(PM500).blocks.keys()];
const DEFAULT_INTERVAL_MS = 1000;

const ROWS: readonly OptionRow[] = [
  ...METER_OPTIONS,
  { name: 'group', value: 'NAME', multiple: true, help: `${GROUP_NAMES.join(', ')} (all that there are)` },
  {
    name: 'assembly',
    value: 'N',
    multiple: true,
    help: `one of ${INSTANCES.join(', ')}, instead of a group; not over Modbus`,
  },
  {
    name: 'interval',
    value: 'MS',
    help: `time between reads, at least ${READ_INTERVAL.min} (${DEFAULT_INTERVAL_MS})`,
  },
  { name: 'count', value: 'N', help: 'number of reads (1, without end when --interval or --watch is given)' },
  {
    name: 'watch',
    help: 'reads until Ctrl-C, and shows on a screen the newest values in place of those before',
  },
  { name: 'json', help: 'one line of JSON per read: the message of pm500-normalize' },
  HELP_OPTION,
];

export const READ_HELP = `pm500 read: reads a PowerMonitor 500 and prints its values

Usage: pm500 read HOST [options]
       pm500 read --transport modbus-rtu --serial-port PATH [options]

Do not use modbus-tcp beside a PLC: Modbus suspends EtherNet/IP, also for the PLC.

${describeOptions(ROWS)}`;

/** What to read: assemblies, or groups. */
interface Choice {
  readonly assemblies: readonly number[];
  /** Empty: all that the meter has over its transport. */
  readonly groups: readonly string[];
}

function chooseBlocks(options: Options): Choice {
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
  for (const name of groups) {
    if (!GROUP_NAMES.includes(name)) {
      failUsage(`Option --group is "${name}"; choose one of ${GROUP_NAMES.join(', ')}.`);
    }
  }
  return { assemblies: [...new Set(assemblies)], groups: [...new Set(groups)] };
}

function readChosen(session: MeterSession, { assemblies, groups }: Choice, signal: AbortSignal): Promise<Reading> {
  if (assemblies.length > 0) return session.read(assemblies, signal);
  return session.readGroups(groups.length === 0 ? session.groups : groups, signal);
}

function describeMeter({ meter, blocks }: Reading, where: string): string {
  const latencyMs = Math.max(...blocks.map((block) => block.latencyMs));
  const read = blocks.find((block) => block.error === undefined);
  const who =
    meter.serialNumber === undefined ? '' : `${meter.catalogNumber ?? 'Unknown device'} serial ${meter.serialNumber}, `;
  const when = new Date(read?.timestamp ?? 0).toISOString();
  return `${who}${where}, ${when}, slowest reply ${latencyMs.toFixed(1)} ms\n`;
}

interface CliReadPlan {
  readonly choice: Choice;
  readonly intervalMs: number;
  readonly count: number;
  readonly asJson: boolean;
  /** Each reading takes the place of the one before. */
  readonly inPlace: boolean;
}

/** Where a screen begins again, without what it showed (ECMA-48, CUP and ED). */
const ANEW = '\u001b[H\u001b[2J';

/** The table of a reading, with what stands above it. */
function tableOf(reading: Reading, heading: string, { inPlace }: CliReadPlan, terminal: Terminal): string {
  const groups = new Map(
    reading.blocks.flatMap(({ group, provenance }) => Object.keys(provenance).map((name) => [name, group] as const)),
  );
  const table = formatTable(normalizeReading(reading), { groups, hasColor: terminal.hasColor === true });
  return `${inPlace ? ANEW : ''}${heading}${table}`;
}

/**
 * Reads and prints until the count is reached or the user ends it; a cycle that fails does not end it.
 * @throws Pm500Error what kept the only read from success
 */
async function printReadings(session: MeterSession, plan: CliReadPlan, terminal: Terminal): Promise<number> {
  let failed = false;
  let dueAt = systemClock.monotonic();
  for (let cycle = 0; cycle < plan.count && !terminal.ended.aborted; cycle++) {
    await delay(systemClock, dueAt - systemClock.monotonic(), terminal.ended);
    const startedAt = systemClock.monotonic();
    const reading = await readChosen(session, plan.choice, terminal.ended);
    // The first cycle has connected before it could ask: counted from its beginning, the next would come too soon and
    // get the same answer again.
    dueAt = (cycle === 0 ? systemClock.monotonic() : startedAt) + plan.intervalMs;
    const errors = reading.blocks.flatMap((block) => block.error ?? []);
    const [first] = errors;
    const isEmpty = first !== undefined && errors.length === reading.blocks.length;
    if (isEmpty && plan.count === 1) throw new Pm500Error(first.code, first.message);
    failed ||= first !== undefined;
    const where = whereOf(session.settings);
    const gap = cycle === 0 || plan.inPlace ? '' : '\n';
    const asText = (): string => tableOf(reading, `${gap}${describeMeter(reading, where)}`, plan, terminal);
    if (!isEmpty) terminal.print(plan.asJson ? `${JSON.stringify(normalizeReading(reading))}\n` : asText());
    // Values from before must not stand there as if they still held.
    else if (plan.inPlace && !plan.asJson) terminal.print(`${ANEW}${where}, no values\n`);
    // Below the values: a screen that is written anew would take it away.
    for (const message of new Set(errors.map((error) => error.message))) terminal.complain(message);
  }
  return failed ? EXIT.failure : EXIT.success;
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
  const meter = settingsOf(PM500, meterChoiceOf(options, 'pm500 read'));
  const intervalMs = options.number('interval', READ_INTERVAL);
  const count = options.number('count', { min: 1, max: Number.MAX_SAFE_INTEGER, whole: true });
  const plan: CliReadPlan = {
    choice: chooseBlocks(options),
    intervalMs: intervalMs ?? DEFAULT_INTERVAL_MS,
    count: count ?? (intervalMs === undefined && !options.has('watch') ? 1 : Number.POSITIVE_INFINITY),
    asJson: options.has('json'),
    inPlace: options.has('watch') && terminal.isScreen === true,
  };
  const { session, release } = commandMeters(terminal).acquire(meter);
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
