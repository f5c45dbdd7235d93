import { homedir, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { testMeter } from '../acquisition/meter-test/test-meter';
import { resolveSystemHost } from '../acquisition/resolve-host';
import { parseAttestations, type Attestation } from '../doctor/attestations';
import type { DoctorSeverity } from '../doctor/check';
import { DOCTOR_CHECKS } from '../doctor/checks';
import { examine, type DoctorReport } from '../doctor/examine';
import { formatDoctorHtml } from '../doctor/format/html';
import { formatDoctorJunit } from '../doctor/format/junit';
import { formatDoctorPrometheus } from '../doctor/format/prometheus';
import { formatDoctorText } from '../doctor/format/text';
import { LOOK_WORDS, unseen, type Unseen } from '../doctor/looked';
import { BACKUP_FOLDERS } from '../doctor/readers/backups';
import { gatherFacts, type DoctorPlaces, type DoctorSources } from '../doctor/readers/gather';
import { readHost } from '../doctor/readers/host';
import { loadSettings } from '../doctor/readers/settings-file';
import { endOfShownCertificate } from '../doctor/readers/shown-certificate';
import { readIfThere } from '../doctor/readers/user-directory';
import { PM500 } from '../meters/pm500';
import { testBroker } from '../mqtt/broker-test';
import { systemClock } from '../support/clock';
import { packageVersion } from '../support/package-version';
import { toPm500Error } from '../support/errors';
import { describeValue } from '../support/expect';
import { commandMeters } from './choose-meter';
import { describeOptions, failUsage, HELP_OPTION, Options, type OptionRow } from './options';
import { EXIT, type Terminal } from './terminal';
import { writeReport } from './write-report';

/** By the worst finding; 1 and 2 are those of every command. */
const FOUND: Readonly<Record<DoctorSeverity, number>> = { notice: 3, warning: 4, critical: 5 };
/** Where nothing was found and the flows were not seen, on which most checks depend; with `--strict` where anything was not. */
const NOT_ALL_SEEN = 6;

const FORMATS = ['text', 'json', 'junit', 'html', 'prometheus'] as const;

const ROWS: readonly OptionRow[] = [
  { name: 'user-dir', value: 'FOLDER', help: 'user directory of Node-RED (variable USER_DIR, ~/.node-red)' },
  { name: 'settings', value: 'FILE', help: 'settings of Node-RED (settings.js of the user directory)' },
  { name: 'flows', value: 'FILE', help: 'flow file (that of the settings)' },
  { name: 'unit', value: 'FILE', help: 'systemd unit that runs Node-RED (looked for)' },
  { name: 'broker-file', value: 'FILE', help: 'configuration of Mosquitto (looked for in /etc)' },
  {
    name: 'backup-files',
    value: 'FOLDER',
    help: `backups of files (${BACKUP_FOLDERS.files.join(', ')})`,
    multiple: true,
  },
  {
    name: 'backup-database',
    value: 'FOLDER',
    help: `backups of the database (${BACKUP_FOLDERS.database.join(', ')})`,
    multiple: true,
  },
  { name: 'attested', value: 'FILE', help: 'what persons attest (pm500/attested.json of the user directory)' },
  { name: 'without', value: 'ID', help: 'leaves a check out, which the report says', multiple: true },
  { name: 'offline', help: 'asks no broker, no database and no meter' },
  { name: 'strict', help: `ends with ${NOT_ALL_SEEN} where anything at all could not be looked at` },
  { name: 'all', help: 'every check with what was seen, not the findings alone' },
  { name: 'format', value: 'NAME', help: `${FORMATS.join(', ')} (text)` },
  { name: 'json', help: 'the same as --format json: one line, pm500.doctor/1' },
  { name: 'output', value: 'FILE', help: 'writes the report there, for its owner only where there is none yet' },
  HELP_OPTION,
];

export const DOCTOR_HELP = `pm500 doctor: is this Node-RED ready for years? ${DOCTOR_CHECKS.length} checks, each with evidence and what to do

Usage: pm500 doctor [options]

It changes nothing. It runs settings.js as Node-RED does, in a process of its own; it connects once to each broker, sends an
empty write to each database, and reads each meter once where its limits leave room for that. Run it as the user of Node-RED.
docs/doctor.md lists the checks, and how a person attests what no program can see.

${describeOptions(ROWS)}
Exit codes: 0 no findings, 3 notices, 4 warnings, 5 critical findings, 6 no findings, but the flows could not be looked at; 1 the
command failed, 2 wrong options.
`;

function foldersOf(options: Options, name: string, otherwise: readonly string[]): readonly string[] {
  const given = options.texts(name);
  return given.length === 0 ? otherwise : given.map((folder) => resolve(folder));
}

function placesOf(options: Options): DoctorPlaces {
  const path = (name: string): string => {
    const given = options.text(name);
    return given === undefined ? '' : resolve(given);
  };
  const userDirectory =
    [path('user-dir'), process.env['USER_DIR'] ?? '', join(homedir(), '.node-red')].find((each) => each !== '') ?? '.';
  return {
    userDirectory: resolve(userDirectory),
    settingsFile: path('settings'),
    flowFile: path('flows'),
    unitFile: path('unit'),
    brokerFile: path('broker-file'),
    backups: {
      files: foldersOf(options, 'backup-files', BACKUP_FOLDERS.files),
      database: foldersOf(options, 'backup-database', BACKUP_FOLDERS.database),
    },
  };
}

async function sourcesOf(options: Options, terminal: Terminal): Promise<DoctorSources> {
  // It takes a third of a second to load, and the other commands have no use for it.
  const { connect } = await import('mqtt');
  // Nobody who waits for a report is told of each meter that does not answer: the report does that.
  const registry = commandMeters({ ...terminal, complain: () => undefined });
  const ownUser = process.getuid?.();
  const meters = { model: PM500, registry, clock: systemClock, resolveHost: resolveSystemHost };
  return {
    model: PM500,
    packageVersion: packageVersion(),
    ...(ownUser === undefined ? {} : { ownUser }),
    clock: systemClock,
    env: process.env,
    loadSettings,
    readHost,
    tryBroker: (signal) => (settings) => testBroker(settings, { connect, clock: systemClock, signal }),
    lookAtCertificate: endOfShownCertificate,
    tryMeter: (signal) => (choice) => testMeter(choice, meters, false, AbortSignal.any([signal, terminal.ended])),
    asksOthers: !options.has('offline'),
  };
}

/** @throws Pm500Error CONFIG_INVALID */
function attestationsOf(options: Options, userDirectory: string): readonly Attestation[] | Unseen {
  const given = options.text('attested');
  const path = given === undefined ? join(userDirectory, 'pm500', 'attested.json') : resolve(given);
  let text: string | undefined;
  try {
    text = readIfThere(path);
  } catch (thrown) {
    const why = toPm500Error(thrown).message;
    // A folder that lets nobody in costs the verdict on nothing else.
    if (given === undefined)
      return unseen(LOOK_WORDS.say('unreadable', { what: LOOK_WORDS.say('attestations', { path }), why }));
    return failUsage(`The attestations in ${path} cannot be read (${why}); run the command as the user of Node-RED.`);
  }
  if (text !== undefined)
    return parseAttestations(
      text,
      path,
      DOCTOR_CHECKS.map(({ id }) => id),
    );
  return given === undefined ? [] : failUsage(`There is no file ${path}; correct --attested.`);
}

function formatReport(report: DoctorReport, format: (typeof FORMATS)[number], isWhole: boolean): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(report)}\n`;
    case 'junit':
      return formatDoctorJunit(report);
    case 'prometheus':
      return formatDoctorPrometheus(report);
    case 'html':
      return formatDoctorHtml(report, hostname());
    case 'text':
      return formatDoctorText(report, isWhole);
  }
}

function exitCodeOf({ worst, counts, results }: DoctorReport, isStrict: boolean): number {
  if (worst !== undefined) return FOUND[worst];
  const isBlind = results.some(({ id, outcome }) => id === 'flows-readable' && outcome === 'could not look');
  return isBlind || (isStrict && counts['could not look'] > 0) ? NOT_ALL_SEEN : EXIT.success;
}

/**
 * `pm500 doctor`: the readiness checklist.
 * @returns the exit code
 * @throws Pm500Error CONFIG_INVALID for bad options and attestations
 */
export async function runDoctor(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = Options.parse('pm500 doctor', ROWS, args);
  if (options.has('help')) {
    terminal.print(DOCTOR_HELP);
    return EXIT.success;
  }
  const [extra] = options.positionals;
  if (extra !== undefined) failUsage(`Argument "${extra}" means nothing here; name the user directory by --user-dir.`);
  const without = options.texts('without');
  const unknown = without.find((id) => !DOCTOR_CHECKS.some((check) => check.id === id));
  if (unknown !== undefined)
    failUsage(`Option --without is ${describeValue(unknown)}, and no check has that id; see docs/doctor.md.`);
  const format = options.has('json') ? 'json' : (options.choice('format', FORMATS) ?? 'text');
  const places = placesOf(options);
  const attestations = attestationsOf(options, places.userDirectory);
  const facts = await gatherFacts(places, await sourcesOf(options, terminal));
  const report = examine(DOCTOR_CHECKS, facts, attestations, without);
  const text = formatReport(report, format, options.has('all'));
  const output = options.text('output');
  if (output === undefined) terminal.print(text);
  else writeReport(resolve(output), text);
  return exitCodeOf(report, options.has('strict'));
}
