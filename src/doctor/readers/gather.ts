import { setMaxListeners } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { join, resolve } from 'node:path';
import type { MeterModel } from '../../meters/meter-model';
import type { Clock } from '../../support/clock';
import { readRegularFile, readTextFile } from '../../support/read-text-file';
import { toPm500Error } from '../../support/errors';
import { MOST_FLOW_BYTES, parseFlows, type SavedNodes } from '../flows/saved-nodes';
import { readMeters } from '../flows/saved-meters';
import type { SavedSite } from '../flows/saved-site';
import type { HostFacts, SiteFacts } from '../facts';
import { attemptLook, broken, LOOK_WORDS, lookFurther, seen, unseen, type Looked } from '../looked';
import { readBackups, type BackupFolders } from './backups';
import { BROKER_FILES, readBrokerConfiguration, readBrokers, type LookAtCertificate, type TryBroker } from './brokers';
import { readCertificates } from './certificates';
import { openCredentials, type OpenedCredentials } from './credentials';
import { readDatabases } from './databases';
import { readMetersNow, type TryMeter } from './meters';
import { readOutboxes } from './outboxes';
import { readServiceUnit } from './service-unit';
import type { LoadedSettings } from './settings-file';
import { isMissing, isRefused, readDirectory, readLetters, readPalette } from './user-directory';

const { say } = LOOK_WORDS;

/** Where things are. */
export interface DoctorPlaces {
  readonly userDirectory: string;
  /** Empty for the one of the user directory. */
  readonly settingsFile: string;
  /** Empty for the one of the settings. */
  readonly flowFile: string;
  /** Empty to look for it. */
  readonly unitFile: string;
  /** Empty to look for it. */
  readonly brokerFile: string;
  readonly backups: BackupFolders;
}

/** What reaches out of this process. */
export interface DoctorSources {
  readonly model: MeterModel;
  readonly packageVersion: string;
  /** Number of the user of this process; absent where users have none. */
  readonly ownUser?: number;
  readonly clock: Clock;
  readonly env: NodeJS.ProcessEnv;
  readonly loadSettings: (path: string, signal: AbortSignal) => Promise<Looked<LoadedSettings>>;
  readonly readHost: (userDirectory: string, signal: AbortSignal) => Promise<HostFacts>;
  readonly tryBroker: (signal: AbortSignal) => TryBroker;
  readonly lookAtCertificate: LookAtCertificate;
  readonly tryMeter: (signal: AbortSignal) => TryMeter;
  /** False: no server and no meter is asked. */
  readonly asksOthers: boolean;
}

/** Time for settings.js, then for everything that is asked at once, ms: in all less than ten seconds. */
const SETTINGS_MS = 3000;
const QUESTIONS_MS = 5000;

function ownHosts(): readonly string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
  return [hostname(), 'localhost', ...addresses];
}

/** The file with the flows, where Node-RED looks for it. */
function flowFileOf({ userDirectory, flowFile }: DoctorPlaces, ofSettings: string | undefined): string {
  const given = flowFile === '' ? ofSettings : flowFile;
  if (given !== undefined) return given;
  const names = [`flows_${hostname()}.json`, 'flows.json'];
  return names.find((name) => existsSync(join(userDirectory, name))) ?? 'flows.json';
}

async function load(places: DoctorPlaces, sources: DoctorSources): Promise<Looked<LoadedSettings>> {
  const { userDirectory, settingsFile } = places;
  const path = resolve(userDirectory, settingsFile === '' ? 'settings.js' : settingsFile);
  try {
    statSync(path);
  } catch (thrown) {
    // Where the folder lets nobody in, nobody knows whether there is one.
    if (isMissing(thrown)) return unseen(say('noSettings', { path }));
    return unseen(say('unreadable', { what: say('file', { path }), why: toPm500Error(thrown).message }));
  }
  return sources.loadSettings(path, AbortSignal.timeout(SETTINGS_MS));
}

/** Whether this user, who may not read it, is the one to whom it belongs, and so Node-RED may not either. */
function isClosedToItsOwner(folder: string, ownUser: number | undefined): boolean {
  try {
    return statSync(folder).uid === ownUser;
  } catch {
    return false;
  }
}

/** What others may not read says nothing about Node-RED; with every other fault it starts without a flow. */
function readFlowFile(
  path: string,
  variable: (name: string) => string | undefined,
  isRefusedToAll: () => boolean,
): Looked<SavedNodes> {
  try {
    return seen(parseFlows(readRegularFile(path, MOST_FLOW_BYTES).toString(), variable));
  } catch (thrown) {
    const reason = say('unreadable', { what: say('flowFile', { path }), why: toPm500Error(thrown).message });
    return isRefused(thrown) && !isRefusedToAll() ? unseen(reason) : broken(reason);
  }
}

function siteOf(
  places: DoctorPlaces,
  { model, env, ownUser }: DoctorSources,
  loaded: Looked<LoadedSettings>,
  flowFile: string,
  credentials: Looked<OpenedCredentials>,
): Looked<SavedSite> {
  const path = resolve(places.userDirectory, flowFile);
  const environment = 'seen' in loaded ? loaded.seen.environment : env;
  const secrets = 'seen' in credentials ? credentials.seen.secrets : undefined;
  const file = readFlowFile(
    path,
    (name) => environment[name],
    () => isClosedToItsOwner(places.userDirectory, ownUser),
  );
  if ('unseen' in file) return file;
  const saved = file.seen;
  return attemptLook(say('flows'), () => {
    const meters = readMeters(model, saved.nodes, (list) =>
      readTextFile(resolve(places.userDirectory, list), 'Meter list', 'CONFIG_INVALID', MOST_FLOW_BYTES),
    );
    const secretsOf = (id: string): Readonly<Record<string, string>> | undefined =>
      secrets === undefined ? undefined : resolveSecrets(secrets.get(id) ?? {}, environment);
    return { path, ...saved, ...meters, secretsOf };
  });
}

/** Credentials may be variables too. */
function resolveSecrets(
  secrets: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const known = (text: string): string => environment[/^\$\{([^{}]+)\}$/.exec(text)?.[1] ?? ''] ?? text;
  return Object.fromEntries(Object.entries(secrets).map(([name, text]) => [name, known(text)]));
}

/** Looks at everything, at the same time where it waits for others. Never rejects. */
export async function gatherFacts(places: DoctorPlaces, sources: DoctorSources): Promise<SiteFacts> {
  const { userDirectory } = places;
  const { model, clock, asksOthers, lookAtCertificate } = sources;
  const loaded = await load(places, sources);
  const flowFile = flowFileOf(places, 'seen' in loaded ? loaded.seen.flowFile : undefined);
  const secret = 'seen' in loaded ? loaded.seen.credentialSecret : undefined;
  const credentials: Looked<OpenedCredentials> =
    'unseen' in loaded
      ? loaded
      : attemptLook(say('credentials'), () => openCredentials(userDirectory, flowFile, secret));
  const site = siteOf(places, sources, loaded, flowFile, credentials);
  const signal = AbortSignal.timeout(QUESTIONS_MS);
  // One for each that is asked, and they go with their answers: no leak, of which Node.js would warn.
  setMaxListeners(0, signal);
  const time = { clock, signal };
  const ask = async <Fact>(
    which: 'brokers' | 'databases' | 'meters',
    work: (site: SavedSite) => Promise<Looked<Fact>>,
  ): Promise<Looked<Fact>> => {
    if ('unseen' in site) return site;
    if (!asksOthers) return unseen(say('notAsked', { whom: say(which) }));
    try {
      return await work(site.seen);
    } catch (thrown) {
      return unseen(say('unaskable', { whom: say(which), why: toPm500Error(thrown).message }));
    }
  };
  const [host, outboxes, brokers, databases, meters] = await Promise.all([
    sources.readHost(userDirectory, signal),
    readOutboxes(userDirectory).then(seen, (thrown: unknown) =>
      unseen(say('unreadable', { what: say('outboxes'), why: toPm500Error(thrown).message })),
    ),
    ask('brokers', (known) =>
      readBrokers(known, userDirectory, { ...time, tryBroker: sources.tryBroker(signal), lookAtCertificate }),
    ),
    ask('databases', (known) => readDatabases(known, userDirectory, { ...time, env: sources.env, lookAtCertificate })),
    ask('meters', async (known) =>
      seen(await readMetersNow(known.meters, model.quirks.minimumReadIntervalMs.value, sources.tryMeter(signal), time)),
    ),
  ]);
  const brokerFile = places.brokerFile === '' ? BROKER_FILES.find((path) => existsSync(path)) : places.brokerFile;
  return {
    nowMs: clock.now(),
    model,
    packageVersion: sources.packageVersion,
    ...(sources.ownUser === undefined ? {} : { ownUser: sources.ownUser }),
    ownHosts: ownHosts(),
    host,
    unit: flat(attemptLook(say('unit'), () => readServiceUnit(places.unitFile))),
    directory: attemptLook(say('directory', { path: userDirectory }), () => readDirectory(userDirectory, flowFile)),
    palette: attemptLook(say('palette'), () => readPalette(userDirectory)),
    settings: lookFurther(loaded, ({ settings }) => settings),
    credentials: lookFurther(credentials, ({ file }) => file),
    site,
    outboxes,
    letters: attemptLook(say('letters'), () => readLetters(userDirectory)),
    certificates: 'unseen' in site ? site : seen(readCertificates(site.seen, userDirectory)),
    backups: attemptLook(say('backups'), () => readBackups(places.backups, userDirectory)),
    brokers,
    brokerConfiguration:
      brokerFile === undefined
        ? unseen(say('noBrokerFile'))
        : attemptLook(say('file', { path: brokerFile }), () => readBrokerConfiguration(brokerFile)),
    databases,
    meters,
  };
}

const flat = <Fact>(looked: Looked<Looked<Fact>>): Looked<Fact> => ('seen' in looked ? looked.seen : looked);
