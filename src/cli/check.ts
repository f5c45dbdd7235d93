import { watchLayout } from '../acquisition/layout-watch';
import type { MeterRegistry } from '../acquisition/meter-registry';
import { settingsOf, type MeterSettings } from '../acquisition/meter-settings';
import { LayoutCheck } from '../domain/layout-check/layout-check';
import { systemClock } from '../support/clock';
import { hasCode, Pm500Error } from '../support/errors';
import { chooseEthernetMeter, commandMeters, ETHERNET_METER_OPTIONS } from './choose-meter';
import { describeOptions, failUsage, HELP_OPTION, Options, type OptionRow } from './options';
import { EXIT, type Terminal } from './terminal';
import { formatVerdict } from './verdict-text';
import { PM500 } from '../meters/pm500';

const { energy, quirks, wiring: wirings } = PM500;
const WIRING_MODES = wirings.rows.map(({ mode }) => mode);

const DEFAULT_SECONDS = 60;
const LONGEST_SECONDS = 86_400;
const DEFAULT_INTERVAL_MS = 1000;
const LONGEST_INTERVAL_MS = 60_000;

const ROWS: readonly OptionRow[] = [
  { name: 'seconds', value: 'N', help: `how long to watch; energy takes minutes (${DEFAULT_SECONDS})` },
  {
    name: 'interval',
    value: 'MS',
    help: `time between reads, at least ${quirks.minimumReadIntervalMs.value} (${DEFAULT_INTERVAL_MS})`,
  },
  { name: 'wiring', value: 'MODE', help: `${WIRING_MODES.join(', ')} (recognized from the values)` },
  { name: 'layout', value: 'FILE', help: 'layout file to check (the built-in layout)' },
  {
    name: 'energy-layout',
    value: 'NAME',
    help: `check assembly ${energy.instance} as one of the named layouts has it (what the layout says); names below`,
  },
  ...ETHERNET_METER_OPTIONS,
  {
    name: 'modbus-port',
    value: 'N',
    help: 'compare the energy counters with those over Modbus TCP; see --maintenance',
  },
  { name: 'maintenance', help: 'no PLC uses this meter now: Modbus suspends EtherNet/IP for a time, also for a PLC' },
  { name: 'details', help: 'every element with its evidence, not only what is contradicted' },
  { name: 'json', help: 'the outcome as one line of JSON, pm500.layout-check/1' },
  HELP_OPTION,
];

export const CHECK_HELP = `pm500 check: decides from live values whether the layout fits a meter, element by element

Usage: pm500 check HOST [options]

${describeOptions(ROWS)}
Named layouts of the energy counters in assembly ${energy.instance}:
${energy.candidates.map(({ name, description }) => `  ${name}\n      ${description}\n`).join('')}
Exit codes: 0 nothing contradicts the layout, 1 something does or the meter failed, 2 wrong options.
`;

/** The verified 64-bit counters over Modbus, whose socket is given back at once. */
async function readVerifiedCounters(
  registry: MeterRegistry,
  { host, port }: MeterSettings,
  modbusPort: number,
  check: LayoutCheck,
): Promise<void> {
  const modbus = settingsOf(PM500, { name: host, host, transport: 'modbus-tcp', port: modbusPort, enipPort: port });
  const { session, release } = registry.acquire(modbus);
  try {
    const reading = await session.readGroups(['energy']);
    const [error] = reading.blocks.flatMap((block) => block.error ?? []);
    if (error !== undefined) throw new Pm500Error(error.code, error.message);
    check.accept(reading);
  } finally {
    await release();
  }
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
  const seconds = options.number('seconds', { min: 1, max: LONGEST_SECONDS }) ?? DEFAULT_SECONDS;
  const limits = { min: quirks.minimumReadIntervalMs.value, max: LONGEST_INTERVAL_MS };
  const intervalMs = options.number('interval', limits) ?? DEFAULT_INTERVAL_MS;
  const wiring = options.choice('wiring', WIRING_MODES);
  const modbusPort = chooseModbusPort(options);
  const energyLayout =
    options.choice(
      'energy-layout',
      energy.candidates.map(({ name }) => name),
    ) ?? '';
  const meter = chooseEthernetMeter(options, 'pm500 check', { layoutFile: options.text('layout') ?? '', energyLayout });
  const check = new LayoutCheck(PM500, { layout: meter.layout, ...(wiring === undefined ? {} : { wiring }) });
  const registry = commandMeters(terminal);
  const { session, release } = registry.acquire(meter);
  try {
    const onTrouble = ({ message }: Pm500Error): void => {
      terminal.complain(message);
    };
    await watchLayout(session, check, { seconds, intervalMs, clock: systemClock, onTrouble }, terminal.ended);
  } catch (thrown) {
    // Ended by the user between two assemblies: what was read until then counts.
    if (!(terminal.ended.aborted && hasCode(thrown, 'ABORTED'))) throw thrown;
  } finally {
    // Before Modbus: the two must not talk to one meter at once.
    await release();
  }
  if (modbusPort !== undefined && !terminal.ended.aborted) {
    await readVerifiedCounters(registry, meter, modbusPort, check);
  }
  const verdict = check.verdict();
  terminal.print(options.has('json') ? `${JSON.stringify(verdict)}\n` : formatVerdict(verdict, options.has('details')));
  return verdict.verdict === 'contradicted' ? EXIT.failure : EXIT.success;
}
