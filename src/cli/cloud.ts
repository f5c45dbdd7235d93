import { readAuthorities } from '../iot/credentials';
import { Enroller, type Asked } from '../iot/enroll/enroller';
import { EdgeIdentity } from '../iot/enroll/identity';
import { folderFiles } from '../iot/enroll/identity-files';
import { createTokenTool } from '../iot/enroll/pkcs11-tool';
import { describeIdentity, pairConcerns, type IdentityReport } from '../iot/enroll/report';
import { createOpenCloudSession } from '../iot/enroll/mqtt-cloud';
import { newIdentity } from '../iot/enroll/state';
import { takeFolder } from '../iot/enroll/take-folder';
import { connectMqtt } from '../mqtt/mqtt-connect';
import { createOpenLink } from '../mqtt/mqtt-link';
import { systemClock } from '../support/clock';
import {
  CLAIM_ROWS,
  claimOf,
  differenceOf,
  FOLDER_ROW,
  folderOf,
  HAND_ROWS,
  PLACE_ROWS,
  placeOf,
  readPem,
  thingOf,
  TOKEN_ROW,
  tokenOf,
} from './cloud-options';
import { describeOptions, failUsage, HELP_OPTION, Options, type OptionRow } from './options';
import { alignColumns } from './table';
import { EXIT, type Terminal } from './terminal';

const DUE_ROW: OptionRow = {
  name: 'if-due',
  value: 'DAYS',
  help: 'only where a job asks for it, something is unfinished, or so many days are left; for a timer',
};
const JSON_ROW: OptionRow = { name: 'json', help: 'one line of JSON' };
const OF_ACTION = {
  enroll: [...PLACE_ROWS, TOKEN_ROW, ...CLAIM_ROWS, ...HAND_ROWS],
  rotate: [DUE_ROW, ...HAND_ROWS],
  status: [JSON_ROW],
} as const satisfies Readonly<Record<string, readonly OptionRow[]>>;
type Action = keyof typeof OF_ACTION;
const ROWS = [
  ...new Map([FOLDER_ROW, ...Object.values(OF_ACTION).flat(), HELP_OPTION].map((row) => [row.name, row])).values(),
];

export const CLOUD_HELP = `pm500 cloud: key and certificate by which this edge connects to AWS IoT Core

Usage: pm500 cloud enroll --folder DIR --thing NAME --host NAME [options]   get the first certificate
       pm500 cloud status --folder DIR [--json]                            say what is there; ends with 1 when it is not good
       pm500 cloud rotate --folder DIR [options]                           get a new one, and use it once it is proven

The private key is made here and never leaves. Each step is on the disk before the next one begins: a command that was
ended, by whatever, is given again and goes on.

All:
${describeOptions([FOLDER_ROW, HELP_OPTION])}
enroll:
${describeOptions(OF_ACTION.enroll)}
rotate:
${describeOptions(OF_ACTION.rotate)}
status:
${describeOptions(OF_ACTION.status)}`;

function openIdentity(action: Action, options: Options, folder: string, ownId?: number): EdgeIdentity {
  const files = folderFiles(folder);
  const found = EdgeIdentity.read(files);
  if (action !== 'enroll') {
    return found ?? failUsage(`The folder ${folder} holds no identity; give the one of pm500 cloud enroll.`);
  }
  const token = tokenOf(options, ownId);
  if (found === undefined) return EdgeIdentity.begin(files, newIdentity(thingOf(options), placeOf(options), token));
  if (token !== undefined && token.uri !== found.state.token?.uri)
    failUsage(
      `The folder ${folder} has its keys elsewhere, to which --token does not fit; leave it out, or enroll into an empty folder.`,
    );
  const thing = options.text('thing');
  if (thing !== undefined && thing !== found.state.thing)
    failUsage(`The folder ${folder} holds the identity of ${found.state.thing}; give another folder for ${thing}.`);
  settlePlace(found, options, folder);
  return found;
}

/** While there is no certificate a wrong place is corrected by giving another one. */
function settlePlace(identity: EdgeIdentity, options: Options, folder: string): void {
  const { current, place, thing } = identity.state;
  const given = placeOf(options, place);
  const difference = differenceOf(given, place);
  if (current !== undefined && difference !== undefined)
    failUsage(
      `The folder ${folder} holds a certificate of ${thing} at ${place.host}:${place.port}, to which --${difference} does not fit; leave it out, or enroll into an empty folder.`,
    );
  // A flag that is left out cannot be told from one that is taken back: who says the host anew says all anew.
  const hasCommits = options.has('host') ? !options.has('without-commit') : given.hasCommits;
  if (current === undefined && (difference !== undefined || hasCommits !== place.hasCommits))
    identity.happened({ kind: 'moved', place: { ...given, hasCommits } });
}

/** Takes the certificate that was made by hand. */
function takeCertificate(identity: EdgeIdentity, path: string): void {
  const { next } = identity.state;
  if (next === undefined || !['requested', 'registered'].includes(next.stage) || !next.isByHand)
    return failUsage('Nothing waits for a certificate made by hand; begin with --by-hand.');
  identity.signedByHand(next.number, readPem(path, 'Certificate'));
}

function isDue(report: IdentityReport, options: Options): boolean {
  const days = options.number('if-due', { min: 0, max: 36_500 });
  return days === undefined || report.daysLeft === undefined || report.daysLeft <= days;
}

async function change(
  action: 'enroll' | 'rotate',
  options: Options,
  terminal: Terminal,
  ownId: number | undefined,
): Promise<number> {
  const folder = folderOf(options);
  const claim = action === 'enroll' ? claimOf(options, ownId) : undefined;
  const release = await takeFolder(folder, ownId);
  try {
    const identity = openIdentity(action, options, folder, ownId);
    const { place } = identity.state;
    const open = createOpenCloudSession({
      ...{ openLink: createOpenLink(connectMqtt, systemClock), clock: systemClock, place, signal: terminal.ended },
      ownId: () => ownId,
      ...(place.caFile === '' ? {} : { ca: readAuthorities(place.caFile).toString() }),
    });
    const say = (words: string): void => {
      terminal.print(`${words}\n`);
    };
    const certificate = options.text('certificate');
    if (certificate !== undefined) takeCertificate(identity, certificate);
    const enroller = new Enroller(identity, {
      ...{ open, clock: systemClock, signal: terminal.ended, say, tokenTool: createTokenTool(() => ownId) },
      ...(claim === undefined ? {} : { claim }),
    });
    const { next, job } = identity.state;
    const isByHand = options.has('by-hand');
    // A job is for what runs by itself.
    const takesJob = action === 'rotate' && !isByHand && certificate === undefined;
    const { isAsked, error }: Asked = takesJob ? await enroller.takeJob() : { isAsked: false };
    if (error !== undefined) terminal.complain(error.message);
    // What is begun comes to its end first. A job that cannot be told holds up nothing that is due.
    const mayRenew = action === 'rotate' && next === undefined && (job === undefined || options.has('if-due'));
    const renews = mayRenew && !isAsked && isDue(describeIdentity(folder, systemClock.now()), options);
    const outcome = await enroller.run({ renews, isByHand });
    terminal.print(wordsOf(describeIdentity(folder, systemClock.now()), outcome, action));
    return error === undefined ? EXIT.success : EXIT.failure;
  } finally {
    await release();
  }
}

function wordsOf({ thing, pair, until, request }: IdentityReport, outcome: 'done' | 'waits', action: Action): string {
  if (outcome === 'waits')
    return `Have a certificate made for ${request ?? ''}, then run pm500 cloud ${action} again with --certificate FILE.\n`;
  return `${thing} has the certificate of the pair ${pair ?? 0}, valid until ${until ?? ''}.\n`;
}

function status(options: Options, terminal: Terminal, nowMs: number, ownId: number | undefined): number {
  const folder = folderOf(options);
  openIdentity('status', options, folder);
  const report = describeIdentity(folder, nowMs);
  const concerns = [...report.concerns, ...pairConcerns(folder, ownId)];
  const rows = Object.entries(report).flatMap(([name, value]) =>
    name === 'concerns' || value === undefined ? [] : [[name, String(value)]],
  );
  terminal.print(options.has('json') ? `${JSON.stringify({ ...report, concerns })}\n` : alignColumns(rows));
  for (const concern of concerns) terminal.complain(`${concern}.`);
  return concerns.length === 0 ? EXIT.success : EXIT.failure;
}

/**
 * `pm500 cloud`: enrolls an edge, rotates its certificate, or says what it has.
 * @param now epoch milliseconds UTC
 * @param ownId of the user of this process; undefined where the system has no such thing
 * @returns the exit code
 * @throws Pm500Error CONFIG_INVALID for bad options, IDENTITY_* and MQTT_* for what stopped it
 */
export async function runCloud(
  args: readonly string[],
  terminal: Terminal,
  now: () => number = Date.now,
  ownId: () => number | undefined = () => process.getuid?.(),
): Promise<number> {
  const options = Options.parse('pm500 cloud', ROWS, args);
  if (options.has('help')) {
    terminal.print(CLOUD_HELP);
    return EXIT.success;
  }
  const [action = '', ...more] = options.positionals;
  if (!Object.hasOwn(OF_ACTION, action) || more.length > 0)
    return failUsage('Say what to do: pm500 cloud enroll, status or rotate; see pm500 cloud --help.');
  const known = OF_ACTION[action as Action];
  const foreign = ROWS.find(
    ({ name }) => options.has(name) && name !== 'folder' && !known.some((row) => row.name === name),
  );
  if (foreign !== undefined)
    return failUsage(`Option --${foreign.name} means nothing to pm500 cloud ${action}; leave it out.`);
  return action === 'status'
    ? status(options, terminal, now(), ownId())
    : change(action as 'enroll' | 'rotate', options, terminal, ownId());
}
