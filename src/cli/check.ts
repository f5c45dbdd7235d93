import { BUILT_IN_LAYOUT, loadLayout } from '../acquisition/layout-file';
import { createLinkTransport, MESSAGING_KINDS, type Messaging } from '../acquisition/link-transport';
import { MeterRegistry } from '../acquisition/meter-registry';
import type { MeterSession, MeterSettings } from '../acquisition/meter-session';
import { LayoutCheck } from '../domain/layout-check/layout-check';
import type { CompiledLayout } from '../domain/layout';
import { decodeRegisters } from '../domain/register-decode';
import { REGISTER_PLANS } from '../domain/register-plan';
import { WIRING_MODES } from '../meter/identity';
import { QUIRKS } from '../meter/quirks';
import { delay, systemClock } from '../support/clock';
import { hasCode, Pm500Error } from '../support/errors';
import { createModbusTcpTransport } from '../transport/modbus/tcp';
import { describeOptions, failUsage, HELP_OPTION, Options, type OptionRow } from './options';
import { EXIT, terminalLogger, type Terminal } from './terminal';
import { formatVerdict } from './verdict-text';

const DEFAULT_SECONDS = 60;
const LONGEST_SECONDS = 86_400;
const DEFAULT_INTERVAL_MS = 1000;
const LONGEST_INTERVAL_MS = 60_000;
const MODBUS_TIMEOUT_MS = 3000;
const CONNECT_TIMEOUT_MS = 3000;
const REPLY_TIMEOUT_MS = 2000;
const DEFAULT_RPI_MS = 250;

const ROWS: readonly OptionRow[] = [
  { name: 'seconds', value: 'N', help: `how long to watch; energy takes minutes (${DEFAULT_SECONDS})` },
  {
    name: 'interval',
    value: 'MS',
    help: `time between reads, at least ${QUIRKS.minimumReadIntervalMs.value} (${DEFAULT_INTERVAL_MS})`,
  },
  { name: 'wiring', value: 'MODE', help: `${WIRING_MODES.join(', ')} (recognized from the values)` },
  { name: 'layout', value: 'FILE', help: 'layout file to check (the built-in layout)' },
  { name: 'transport', value: 'NAME', help: `${MESSAGING_KINDS.join(', ')} (${MESSAGING_KINDS[0]})` },
  { name: 'rpi', value: 'MS', help: 'packet interval of the last three (250)' },
  { name: 'port', value: 'N', help: `TCP port (${QUIRKS.enipPort.value})` },
  {
    name: 'modbus-port',
    value: 'N',
    help: 'compare the energy counters with those over Modbus TCP; see --maintenance',
  },
  { name: 'maintenance', help: 'no PLC uses this meter now: Modbus suspends EtherNet/IP for a time, also for a PLC' },
  { name: 'json', help: 'the outcome as one line of JSON, pm500.layout-check/1' },
  HELP_OPTION,
];

export const CHECK_HELP = `pm500 check: decides from live values whether the layout fits a meter, element by element

Usage: pm500 check HOST [options]

${describeOptions(ROWS)}
Exit codes: 0 nothing contradicts the layout, 1 something does or the meter failed, 2 wrong options.
`;

function chooseMessaging(options: Options): Messaging {
  return {
    kind: options.choice('transport', MESSAGING_KINDS) ?? 'ucmm',
    rpiMs: options.number('rpi', { min: QUIRKS.minimumRpiMs.value, max: LONGEST_INTERVAL_MS }) ?? DEFAULT_RPI_MS,
    allowInputOnly: true,
  };
}

function settingsOf(host: string, port: number, transport: Messaging, layout: CompiledLayout): MeterSettings {
  return {
    name: host,
    host,
    port,
    tags: {},
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    replyTimeoutMs: REPLY_TIMEOUT_MS,
    minimumReadIntervalMs: QUIRKS.minimumReadIntervalMs.value,
    layout,
    layoutConfirmed: false,
    transport,
  };
}

/** Reads all assemblies until the time is over or the user ends it. */
async function watch(
  session: MeterSession,
  check: LayoutCheck,
  seconds: number,
  intervalMs: number,
  terminal: Terminal,
): Promise<void> {
  const assemblies = [...session.settings.layout.blocks.keys()];
  const endAt = systemClock.monotonic() + 1000 * seconds;
  let complained = false;
  while (!terminal.ended.aborted) {
    const startedAt = systemClock.monotonic();
    const reading = await session.read(assemblies, terminal.ended);
    const errors = reading.blocks.flatMap((block) => block.error ?? []);
    const [first] = errors;
    if (first !== undefined && errors.length === reading.blocks.length) throw new Pm500Error(first.code, first.message);
    if (first !== undefined && !complained) terminal.complain(first.message);
    complained ||= first !== undefined;
    check.accept(reading);
    const dueAt = startedAt + intervalMs;
    if (dueAt > endAt) return;
    await delay(systemClock, dueAt - systemClock.monotonic(), terminal.ended);
  }
}

/** The verified 64-bit counters, with one socket that is given back at once. */
async function readVerifiedCounters(host: string, port: number, check: LayoutCheck, terminal: Terminal): Promise<void> {
  const transport = createModbusTcpTransport(
    {
      host,
      port,
      unitId: 1,
      connectTimeoutMs: MODBUS_TIMEOUT_MS,
      replyTimeoutMs: MODBUS_TIMEOUT_MS,
      releaseAfterIdleMs: 0,
    },
    { clock: systemClock, logger: terminalLogger(terminal) },
  );
  const counters: Record<string, number> = {};
  try {
    await transport.open();
    for (const span of REGISTER_PLANS.get('energy')?.spans ?? []) {
      const bytes = await transport.read({ kind: 'registers', register: span.register, words: span.words });
      for (const [name, value] of Object.entries(decodeRegisters(span, bytes).values)) {
        if (typeof value === 'number') counters[name] = value;
      }
    }
  } finally {
    await transport.close();
  }
  check.acceptVerifiedCounters(counters, systemClock.now());
}

/** @throws Pm500Error CONFIG_INVALID without the word that no PLC uses the meter */
function chooseModbusPort(options: Options): number | undefined {
  const port = options.number('modbus-port', { min: 1, max: 65_535, whole: true });
  if (port !== undefined && !options.has('maintenance')) {
    failUsage(
      'Option --modbus-port suspends EtherNet/IP of the meter for a time, also for a PLC; add --maintenance when no PLC uses it now.',
    );
  }
  return port;
}

/**
 * `pm500 check`: watches a meter through the same session code as the nodes, with the same limits, and says what its
 * values prove about the layout.
 * @returns the exit code
 * @throws Pm500Error CONFIG_INVALID for bad options, LAYOUT_INVALID, else what kept the meter from being read
 */
export async function runCheck(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = Options.parse('pm500 check', ROWS, args);
  if (options.has('help')) {
    terminal.print(CHECK_HELP);
    return EXIT.success;
  }
  const [host, extra] = options.positionals;
  if (host === undefined || host === '') return failUsage('The meter is missing; write pm500 check HOST.');
  if (extra !== undefined) failUsage(`Argument "${extra}" is one too many; name one meter: pm500 check HOST.`);
  const port = options.number('port', { min: 1, max: 65_535, whole: true }) ?? QUIRKS.enipPort.value;
  const seconds = options.number('seconds', { min: 1, max: LONGEST_SECONDS }) ?? DEFAULT_SECONDS;
  const limits = { min: QUIRKS.minimumReadIntervalMs.value, max: LONGEST_INTERVAL_MS };
  const intervalMs = options.number('interval', limits) ?? DEFAULT_INTERVAL_MS;
  const wiring = options.choice('wiring', WIRING_MODES);
  const modbusPort = chooseModbusPort(options);
  const file = options.text('layout');
  const layout = file === undefined ? BUILT_IN_LAYOUT : loadLayout(file);
  const messaging = chooseMessaging(options);

  const check = new LayoutCheck({ layout, ...(wiring === undefined ? {} : { wiring }) });
  const logger = terminalLogger(terminal);
  const registry = new MeterRegistry({
    clock: systemClock,
    random: Math.random,
    logger,
    createTransport: (settings) => createLinkTransport(settings, { clock: systemClock, logger, random: Math.random }),
  });
  const { session, release } = registry.acquire(settingsOf(host, port, messaging, layout));
  try {
    await watch(session, check, seconds, intervalMs, terminal);
  } catch (thrown) {
    // Ended by the user between two assemblies: what was read until then counts.
    if (!(terminal.ended.aborted && hasCode(thrown, 'ABORTED'))) throw thrown;
  } finally {
    // Before Modbus: the two must not talk to one meter at once.
    await release();
  }
  if (modbusPort !== undefined && !terminal.ended.aborted) {
    await readVerifiedCounters(host, modbusPort, check, terminal);
  }
  const verdict = check.verdict();
  terminal.print(options.has('json') ? `${JSON.stringify(verdict)}\n` : formatVerdict(verdict));
  return verdict.verdict === 'contradicted' ? EXIT.failure : EXIT.success;
}
