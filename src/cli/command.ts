import { hasCode, toPm500Error } from '../support/errors';
import { packageVersion } from '../support/package-version';
import { CHECK_HELP, runCheck } from './check';
import { CLOUD_HELP, runCloud } from './cloud';
import { DRILL_HELP, runDrillCommand } from './drill';
import { INFLUX_HELP, runInflux } from './influx';
import { READ_HELP, runRead } from './read';
import { DOCTOR_HELP, runDoctor } from './doctor';
import { REPORT_HELP, runReport } from './report';
import { runScan, SCAN_HELP } from './scan';
import { runSim, SIM_HELP } from './sim';
import { runTest, TEST_HELP } from './test';
import { EXIT, type Terminal } from './terminal';

interface CliCommand {
  readonly summary: string;
  readonly help: string;
  readonly run: (args: readonly string[], terminal: Terminal) => Promise<number>;
}

const COMMANDS: Readonly<Record<string, CliCommand>> = {
  sim: { summary: 'run simulated PowerMonitor 500 meters', help: SIM_HELP, run: runSim },
  scan: { summary: 'find meters on the network', help: SCAN_HELP, run: runScan },
  read: { summary: 'read a meter and print its values', help: READ_HELP, run: runRead },
  test: { summary: 'try a meter, and say why it cannot be read', help: TEST_HELP, run: runTest },
  check: { summary: 'find out whether the layout fits a meter', help: CHECK_HELP, run: runCheck },
  doctor: { summary: 'is this Node-RED ready for years? findings with what to do', help: DOCTOR_HELP, run: runDoctor },
  influx: {
    summary: 'sum up what InfluxDB 1 holds, and see how far that has come',
    help: INFLUX_HELP,
    run: (args, terminal) => runInflux(args, terminal),
  },
  report: {
    summary: 'energy report of a month or a week out of InfluxDB, HTML and PDF',
    help: REPORT_HELP,
    run: (args, terminal) => runReport(args, terminal),
  },
  drill: { summary: 'watch a fault that you make, and say what it cost', help: DRILL_HELP, run: runDrillCommand },
  cloud: {
    summary: 'get, watch and rotate the certificate of this edge',
    help: CLOUD_HELP,
    run: (args, terminal) => runCloud(args, terminal),
  },
};

const HELP = `pm500: commissioning of PowerMonitor 500 meters from a shell

Usage: pm500 COMMAND [options]

${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(6)} ${summary}\n`)
  .join('')}
  pm500 COMMAND --help   options of a command
  pm500 --version        version of this package

Exit codes: 0 done, 1 the meter, the database or the network failed, 2 wrong options.
`;

async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const topic = rest[0] === undefined ? undefined : COMMANDS[rest[0]];
    terminal.print(topic?.help ?? HELP);
    return name === undefined ? EXIT.usage : EXIT.success;
  }
  if (name === '--version') {
    terminal.print(`${packageVersion()}\n`);
    return EXIT.success;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    const kind = name.startsWith('-') ? 'Option' : 'Command';
    terminal.complain(`${kind} ${name} is not known; use one of ${Object.keys(COMMANDS).join(', ')}, or --help.`);
    return EXIT.usage;
  }
  return command.run(rest, terminal);
}

/**
 * The whole command: runs what `args` ask for and says in one sentence what kept it from doing so.
 * @returns the exit code; never rejects
 */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await run(args, terminal);
  } catch (thrown) {
    terminal.complain(toPm500Error(thrown).message);
    return hasCode(thrown, 'CONFIG_INVALID', 'PROFILE_INVALID') ? EXIT.usage : EXIT.failure;
  }
}
