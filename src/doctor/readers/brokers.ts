import { readFileSync } from 'node:fs';
import { createClientId } from '../../mqtt/client-id';
import type { BrokerSettings } from '../../mqtt/mqtt-options';
import { within, type Clock } from '../../support/clock';
import { hasCode, toPm500Error, type Pm500Error } from '../../support/errors';
import type { BrokerConfiguration, BrokerFacts } from '../facts';
import type { SavedNode } from '../flows/saved-nodes';
import { isOn, nodesOf, numberOf, textOf, type SavedSite } from '../flows/saved-site';
import { seen, unseen, type Looked } from '../looked';
import { identityFolderOf, tlsSettingsOf } from './certificates';

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

const CONNECT_TIMEOUT_MS = 3000;
const AWS_ALPN = ['x-amzn-mqtt-ca'];

interface BrokerChoice {
  readonly settings: BrokerSettings;
  /** AWS ends the session of a thing whose client ID comes a second time. */
  readonly isAws: boolean;
}

function tlsNodeOf(node: SavedNode, site: SavedSite): SavedNode | undefined {
  if (node.type === 'iot-target') return node;
  return site.nodes.find(({ id }) => id === textOf(node, 'tls'));
}

function choiceOf(node: SavedNode, site: SavedSite, userDirectory: string): BrokerChoice {
  const isAws = textOf(node, 'profile') === 'aws-iot-core';
  const port = isAws ? numberOf(node, 'awsPort') : numberOf(node, 'port');
  const hasTls = isAws || isOn(node, 'useTls');
  const tlsNode = tlsNodeOf(node, site);
  const tls = !hasTls || tlsNode === undefined ? {} : tlsSettingsOf(tlsNode, site, userDirectory);
  const { username = '', password = '' } = site.secretsOf(node.id) ?? {};
  const webSocketPath = textOf(node, 'webSocketPath');
  return {
    isAws,
    settings: {
      host: textOf(node, 'host'),
      port,
      clientId: `doctor-${createClientId(Math.random)}`,
      keepAliveSeconds: 30,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      protocolVersion: textOf(node, 'protocolVersion') === '5' ? 5 : 4,
      ...(webSocketPath === ''
        ? {}
        : { webSocketPath: webSocketPath.startsWith('/') ? webSocketPath : `/${webSocketPath}` }),
      ...(username === '' || isAws ? {} : { username }),
      ...(password === '' || isAws ? {} : { password }),
      ...(hasTls
        ? { tls: { rejectUnauthorized: true, ...tls, ...(isAws && port === 443 ? { alpnProtocols: AWS_ALPN } : {}) } }
        : {}),
    },
  };
}

async function ask(
  node: SavedNode,
  { settings, isAws }: BrokerChoice,
  { tryBroker, lookAtCertificate }: BrokerSources,
): Promise<BrokerFacts> {
  const { host, port, username, password, ...rest } = settings;
  if (identityFolderOf(node) !== '') {
    const unseen = `${node.label} connects with the identity in ${identityFolderOf(node)}, which only one client may use`;
    return { id: node.id, server: `${host}:${port}`, isRefused: false, unseen };
  }
  const [certificateEndMs, problem] = await Promise.all([
    settings.tls === undefined ? undefined : lookAtCertificate(host, port),
    isAws ? undefined : tryBroker(settings),
  ]);
  const common = {
    id: node.id,
    server: `${host}:${port}`,
    isRefused: false,
    ...(certificateEndMs === undefined ? {} : { certificateEndMs }),
  };
  if (isAws) {
    // The policy of a thing lets its client ID in and no other, and a second client with it ends the first.
    return { ...common, unseen: `a second connection to ${host} would end that of ${node.label}` };
  }
  if (problem !== undefined) {
    return { ...common, problem: problem.message, isRefused: hasCode(problem, 'MQTT_REFUSED') };
  }
  if (settings.tls?.cert !== undefined) return common;
  const hasLogin = username !== undefined || password !== undefined;
  const withoutLogin = hasLogin
    ? await tryBroker({ ...rest, host, port, clientId: `doctor-${createClientId(Math.random)}` })
    : undefined;
  return { ...common, takesAnybody: withoutLogin === undefined };
}

/** Asks every broker that the flows name, each once and all at a time; one that is slow hides no other. */
export async function readBrokers(
  site: SavedSite,
  userDirectory: string,
  sources: BrokerSources,
): Promise<Looked<readonly BrokerFacts[]>> {
  const nodes = nodesOf(site, 'sparkplug-edge', 'iot-target').filter((node) => textOf(node, 'host') !== '');
  if (nodes.some(({ id }) => site.secretsOf(id) === undefined)) {
    return unseen('the logins of brokers are in credentials that cannot be opened');
  }
  const asked = nodes.map(async (node): Promise<BrokerFacts> => {
    const known = { id: node.id, server: textOf(node, 'host'), isRefused: false };
    const late = (): BrokerFacts => ({ ...known, unseen: `${node.label} did not answer in time` });
    try {
      return await within(ask(node, choiceOf(node, site, userDirectory), sources), sources, late);
    } catch (thrown) {
      return { ...known, problem: toPm500Error(thrown).message };
    }
  });
  return seen(await Promise.all(asked));
}

/** Where the packages and the stack of this project keep it. */
export const BROKER_FILES = ['/etc/pm500/mosquitto.conf', '/etc/mosquitto/mosquitto.conf'];

/** A configuration of Mosquitto. @throws Error where it cannot be read */
export function readBrokerConfiguration(path: string): BrokerConfiguration {
  const values = new Map(
    readFileSync(path, 'utf8')
      .split('\n')
      .map((line) => /^\s*([a-z_]+)\s+(.*?)\s*$/.exec(line))
      .flatMap((match) => (match === null ? [] : [[match[1] ?? '', match[2] ?? ''] as const])),
  );
  return {
    path,
    isPersistent: values.get('persistence') === 'true',
    allowsAnonymous: values.get('allow_anonymous') === 'true',
  };
}
