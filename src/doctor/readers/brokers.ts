import { isIPv6 } from 'node:net';
import { createClientId } from '../../mqtt/client-id';
import type { BrokerSettings } from '../../mqtt/mqtt-options';
import { within, type Clock } from '../../support/clock';
import { hasCode, toPm500Error, type Pm500Error } from '../../support/errors';
import { readRegularFile } from '../../support/read-text-file';
import type { Sentence } from '../../support/sentence';
import type { BrokerConfiguration, BrokerFacts } from '../facts';
import type { SavedNode } from '../flows/saved-nodes';
import { isOn, nodesOf, numberOf, textOf, type SavedSite } from '../flows/saved-site';
import { LOOK_WORDS, seen, unseen, type Looked } from '../looked';
import { identityFolderOf, isTokenUri, tlsSettingsOf } from './certificates';

/** Connects once: why the broker does not take it, or undefined. */
export type TryBroker = (settings: BrokerSettings) => Promise<Pm500Error | undefined>;
/** When the certificate that a server shows ends, epoch milliseconds; undefined where it shows none. */
export type LookAtCertificate = (host: string, port: number) => Promise<number | undefined>;

export interface BrokerSources {
  readonly clock: Clock;
  /** Ends the questions; what has answered until then counts. */
  readonly signal: AbortSignal;
  readonly tryBroker: TryBroker;
  readonly lookAtCertificate: LookAtCertificate;
}

const { say } = LOOK_WORDS;

const CONNECT_TIMEOUT_MS = 3000;
const MOST_CONFIGURATION_BYTES = 1_000_000;

function tlsNodeOf(node: SavedNode, site: SavedSite): SavedNode | undefined {
  if (node.type === 'iot-target') return node;
  return site.nodes.find(({ id }) => id === textOf(node, 'tls'));
}

const isOfAws = (node: SavedNode): boolean => textOf(node, 'profile') === 'aws-iot-core';
/** An identity has a certificate, which is of no use without TLS, whatever the box says. */
const hasTls = (node: SavedNode): boolean => isOfAws(node) || isOn(node, 'useTls') || identityFolderOf(node) !== '';
const portOf = (node: SavedNode): number => numberOf(node, isOfAws(node) ? 'awsPort' : 'port');

function settingsOf(node: SavedNode, site: SavedSite, userDirectory: string): BrokerSettings {
  const tlsNode = tlsNodeOf(node, site);
  const tls = !hasTls(node) || tlsNode === undefined ? {} : tlsSettingsOf(tlsNode, site, userDirectory);
  const { username = '', password = '' } = site.secretsOf(node.id) ?? {};
  const webSocketPath = textOf(node, 'webSocketPath');
  return {
    host: textOf(node, 'host'),
    port: portOf(node),
    clientId: `doctor-${createClientId(Math.random)}`,
    keepAliveSeconds: 30,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    protocolVersion: textOf(node, 'protocolVersion') === '5' ? 5 : 4,
    ...(webSocketPath === ''
      ? {}
      : { webSocketPath: webSocketPath.startsWith('/') ? webSocketPath : `/${webSocketPath}` }),
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
    ...(hasTls(node) ? { tls: { rejectUnauthorized: true, ...tls } } : {}),
  };
}

/** Whether a broker lets in somebody without a login; undefined where it says neither yes nor no. */
async function takesAnybody(settings: BrokerSettings, tryBroker: TryBroker): Promise<boolean | undefined> {
  const { username, password, ...rest } = settings;
  if (username === undefined && password === undefined) return true;
  const problem = await tryBroker({ ...rest, clientId: `doctor-${createClientId(Math.random)}` });
  if (problem === undefined) return true;
  // A refusal that passes, such as of a broker that is busy, is not one of who came.
  return hasCode(problem, 'MQTT_REFUSED') && !problem.retryable ? false : undefined;
}

/** A host as it stands in a URL and before a port. */
export const inUrl = (host: string): string => (isIPv6(host) ? `[${host}]` : host);

/** What is known of a broker before it is asked. */
const knownOf = (node: SavedNode): BrokerFacts => ({
  id: node.id,
  server: `${inUrl(textOf(node, 'host'))}:${portOf(node)}`,
  isRefused: false,
  hasTls: hasTls(node),
});

/** Why no second client may connect as this node does; undefined where one may. */
function reasonNotTo(node: SavedNode): Sentence | undefined {
  const { label } = node;
  const folder = identityFolderOf(node);
  if (folder !== '') return say('identity', { label, folder });
  if (isTokenUri(textOf(node, 'keyFile'))) return say('token', { label });
  // The policy of a thing lets its client ID in and no other, and a second client with it ends the first.
  return isOfAws(node) ? say('onlyClient', { host: textOf(node, 'host'), label }) : undefined;
}

async function ask(
  node: SavedNode,
  site: SavedSite,
  userDirectory: string,
  { tryBroker, lookAtCertificate }: BrokerSources,
): Promise<BrokerFacts> {
  const reason = reasonNotTo(node);
  const known = knownOf(node);
  const endOfShown = async (): Promise<number | undefined> =>
    hasTls(node) ? lookAtCertificate(textOf(node, 'host'), portOf(node)) : undefined;
  // Nothing is sent for that, and no session begins.
  if (reason !== undefined) return { ...known, ...shown(await endOfShown()), unseen: reason };
  const settings = settingsOf(node, site, userDirectory);
  const [certificateEndMs, problem] = await Promise.all([endOfShown(), tryBroker(settings)]);
  const common = { ...known, ...shown(certificateEndMs) };
  if (problem !== undefined) {
    return { ...common, problem: problem.sentence, isRefused: hasCode(problem, 'MQTT_REFUSED') };
  }
  // Who comes without a login has no certificate either, and such a broker has ways of its own to say so.
  const anybody = settings.tls?.cert === undefined ? await takesAnybody(settings, tryBroker) : undefined;
  return { ...common, ...(anybody === undefined ? {} : { takesAnybody: anybody }) };
}

const shown = (certificateEndMs: number | undefined): Pick<BrokerFacts, 'certificateEndMs'> =>
  certificateEndMs === undefined ? {} : { certificateEndMs };

/** Asks every broker that the flows name, each once and all at a time; one that is slow hides no other. */
export async function readBrokers(
  site: SavedSite,
  userDirectory: string,
  sources: BrokerSources,
): Promise<Looked<readonly BrokerFacts[]>> {
  const nodes = nodesOf(site, 'sparkplug-edge', 'iot-target').filter((node) => textOf(node, 'host') !== '');
  if (nodes.some(({ id }) => site.secretsOf(id) === undefined)) {
    return unseen(say('brokerLogins'));
  }
  const asked = nodes.map(async (node): Promise<BrokerFacts> => {
    const known = knownOf(node);
    const late = (): BrokerFacts => ({ ...known, unseen: say('late', { label: node.label }) });
    try {
      return await within(ask(node, site, userDirectory, sources), sources, late);
    } catch (thrown) {
      return { ...known, problem: toPm500Error(thrown).sentence };
    }
  });
  return seen(await Promise.all(asked));
}

/** Where the packages and the stack of this project keep it. */
export const BROKER_FILES = ['/etc/pm500/mosquitto.conf', '/etc/mosquitto/mosquitto.conf'];

/** A configuration of Mosquitto. @throws Error where it cannot be read */
export function readBrokerConfiguration(path: string): BrokerConfiguration {
  const values = new Map(
    readRegularFile(path, MOST_CONFIGURATION_BYTES)
      .toString()
      .split('\n')
      .map((line) => /^\s*([a-z_]+)\s+(.*?)\s*$/.exec(line))
      .flatMap((match) => (match === null ? [] : [[match[1] ?? '', match[2] ?? ''] as const])),
  );
  return {
    path,
    isPersistent: values.get('persistence') === 'true',
  };
}
