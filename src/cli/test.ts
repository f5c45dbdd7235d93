import { testMeter, type MeterTest } from '../acquisition/meter-test/test-meter';
import { resolveSystemHost } from '../acquisition/resolve-host';
import { PM500 } from '../meters/pm500';
import { systemClock } from '../support/clock';
import { inEnglish, type InEnglish } from '../support/sentence';
import { commandMeters, METER_OPTIONS, meterChoiceOf } from './choose-meter';
import { describeOptions, HELP_OPTION, Options, type OptionRow } from './options';
import { EXIT, type Terminal } from './terminal';

const ROWS: readonly OptionRow[] = [
  ...METER_OPTIONS,
  {
    name: 'connections',
    help: 'also open one connection of the transport for a moment; without it all is asked by explicit messages',
  },
  { name: 'json', help: 'the outcome as one line of JSON' },
  HELP_OPTION,
];

export const TEST_HELP = `pm500 test: tries a meter, and says which of many causes keeps it from being read, and what to do

Usage: pm500 test HOST [options]
       pm500 test --transport modbus-rtu --serial-port PATH [options]

It reads once and takes no connection of the meter, so that no PLC notices; docs/connection-test.md lists the causes.
Do not use modbus-tcp beside a PLC: Modbus suspends EtherNet/IP, also for the PLC.

${describeOptions(ROWS)}`;

function describeTest({ where, cause, identity, roundTripMs, notes }: InEnglish<MeterTest>): string {
  const who =
    identity === undefined
      ? []
      : [
          [
            identity.catalogNumber || identity.product,
            identity.serialNumber === undefined ? '' : `serial ${identity.serialNumber}`,
            `firmware ${identity.firmware}`,
            roundTripMs === undefined ? '' : `round trip ${roundTripMs.toFixed(1)} ms`,
          ],
        ];
  const told = who.map((parts) => parts.filter((part) => part !== '').join(', '));
  const lines =
    cause === undefined
      ? [`${where} answers and can be read.`, ...told]
      : [
          `${cause.code}: ${cause.sentence}`,
          cause.remedy,
          ...told,
          ...(cause.detail === undefined ? [] : [cause.detail]),
        ];
  return [...lines, ...notes].map((line) => `${line}\n`).join('');
}

/**
 * `pm500 test`: through the same code as the form of a meter in the editor.
 * @returns the exit code
 * @throws Pm500Error CONFIG_INVALID for bad options
 */
export async function runTest(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = Options.parse('pm500 test', ROWS, args);
  if (options.has('help')) {
    terminal.print(TEST_HELP);
    return EXIT.success;
  }
  const choice = meterChoiceOf(options, 'pm500 test');
  const registry = commandMeters(terminal);
  const sources = { model: PM500, registry, clock: systemClock, resolveHost: resolveSystemHost };
  const test = inEnglish(await testMeter(choice, sources, options.has('connections'), terminal.ended));
  terminal.print(options.has('json') ? `${JSON.stringify(test)}\n` : describeTest(test));
  if (test.cause === undefined) return EXIT.success;
  return test.cause.code === 'SETTINGS_INVALID' ? EXIT.usage : EXIT.failure;
}
