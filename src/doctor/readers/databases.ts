import { Zone } from '../../domain/tariff/zone';
import type { Endpoint } from '../../influx/endpoint';
import type { ConnectionSettings } from '../../influx/exchange';
import { examineDatabase } from '../../influx/health';
import { withPassword } from '../../influx/proxy';
import type { SenderSettings } from '../../influx/sender';
import { connectInfluxQl, type InfluxQlAccess, type InfluxQlServer } from '../../influx/tiers/influxql-server';
import { valueSourcesOf } from '../../influx/tiers/sources';
import { tiersStatus, type TiersStatus } from '../../influx/tiers/tier-status';
import { within, type Clock } from '../../support/clock';
import { hasCode, toPm500Error } from '../../support/errors';
import type { TlsSettings } from '../../support/tls-settings';
import type { DatabaseFacts } from '../facts';
import type { SavedNode } from '../flows/saved-nodes';
import { nodesOf, textOf, type SavedSite } from '../flows/saved-site';
import { LOOK_WORDS, seen, unseen, type Looked } from '../looked';
import type { LookAtCertificate } from './brokers';
import { tlsSettingsOf } from './certificates';

const TIMEOUT_MS = 4000;
const HTTPS_PORT = 443;

export interface DatabaseSources {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly env: NodeJS.ProcessEnv;
  readonly lookAtCertificate: LookAtCertificate;
}

/** What a target writes to, with its secrets. */
export function endpointOf(node: SavedNode, site: SavedSite): Endpoint {
  const { token = '', password = '' } = site.secretsOf(node.id) ?? {};
  const login = { user: textOf(node, 'user'), password };
  const database = textOf(node, 'database');
  switch (textOf(node, 'api')) {
    case 'v1':
      return { api: 'v1', database, retentionPolicy: textOf(node, 'retentionPolicy'), ...login };
    case 'v3':
      return { api: 'v3', database, token };
    case 'line-protocol':
      return { api: 'line-protocol', path: textOf(node, 'path'), token, ...login };
    default:
      return { api: 'v2', org: textOf(node, 'org'), bucket: textOf(node, 'bucket'), token };
  }
}

function senderSettingsOf(node: SavedNode, site: SavedSite, userDirectory: string): SenderSettings {
  const tlsNode = site.nodes.find(({ id }) => id !== '' && id === textOf(node, 'tls'));
  const { proxyPassword = '' } = site.secretsOf(node.id) ?? {};
  return {
    url: textOf(node, 'url'),
    endpoint: endpointOf(node, site),
    timeoutMs: TIMEOUT_MS,
    proxy: withPassword(textOf(node, 'proxy'), proxyPassword),
    ...(tlsNode === undefined ? {} : { readTls: () => tlsSettingsOf(tlsNode, site, userDirectory) }),
  };
}

/** Who comes without a login has no certificate either. */
const withoutCertificate = ({ cert: _cert, key: _key, passphrase: _passphrase, ...rest }: TlsSettings): TlsSettings =>
  rest;

/** Whether somebody without a login may ask; undefined where that is not known. */
async function takesAnybody(settings: SenderSettings, sources: DatabaseSources): Promise<boolean | undefined> {
  const { readTls } = settings;
  try {
    const nobody = { user: '', password: '', database: '' };
    const way = readTls === undefined ? settings : { ...settings, readTls: () => withoutCertificate(readTls()) };
    await serverOf(way, nobody, sources).query('SHOW DATABASES');
    return true;
  } catch (thrown) {
    return hasCode(thrown, 'INFLUX_REFUSED') ? false : undefined;
  }
}

function serverOf(
  { url, proxy, readTls }: ConnectionSettings,
  { user, password, database }: Pick<InfluxQlAccess, 'user' | 'password' | 'database'>,
  { clock, signal, env }: DatabaseSources,
): InfluxQlServer {
  return connectInfluxQl({
    ...{ url, user, password, database, clock, env },
    ended: signal,
    ...(proxy === undefined ? {} : { proxy }),
    ...(readTls === undefined ? {} : { readTls }),
  });
}

async function tiersOf(
  node: SavedNode,
  settings: SenderSettings,
  endpoint: Extract<Endpoint, { readonly api: 'v1' }>,
  site: SavedSite,
  sources: DatabaseSources,
): Promise<Looked<TiersStatus>> {
  const writer = nodesOf(site, 'influx-out').find((out) => textOf(out, 'target') === node.id);
  const influxMeasurement = writer === undefined ? '' : textOf(writer, 'influxMeasurement');
  if (influxMeasurement === '') return unseen(LOOK_WORDS.say('noWriter', { label: node.label }));
  const zone = nodesOf(site, 'pm500-normalize')
    .map((each) => textOf(each, 'timeZone'))
    .find((name) => name !== '');
  try {
    const { database } = endpoint;
    const server = serverOf(settings, endpoint, sources);
    return seen(await tiersStatus(server, database, valueSourcesOf(influxMeasurement), new Zone(zone ?? 'UTC')));
  } catch (thrown) {
    return unseen(toPm500Error(thrown).sentence);
  }
}

/** What is known of a database before it is asked. */
function knownOf(node: SavedNode): DatabaseFacts {
  const url = textOf(node, 'url');
  return {
    id: node.id,
    server: URL.canParse(url) ? new URL(url).host : node.label,
    isRefused: false,
    hasTls: /^https:/i.test(url),
    isInflux1: textOf(node, 'api') === 'v1',
  };
}

async function ask(
  node: SavedNode,
  site: SavedSite,
  userDirectory: string,
  sources: DatabaseSources,
): Promise<DatabaseFacts> {
  const settings = senderSettingsOf(node, site, userDirectory);
  const { endpoint } = settings;
  const url = new URL(settings.url);
  const common = knownOf(node);
  const [certificateEndMs, { health, reply }] = await Promise.all([
    url.protocol === 'https:'
      ? sources.lookAtCertificate(url.hostname.replace(/^\[|\]$/g, ''), Number(url.port) || HTTPS_PORT)
      : undefined,
    examineDatabase(settings, sources.clock, sources.signal, sources.env),
  ]);
  const shown = certificateEndMs === undefined ? {} : { certificateEndMs };
  const told = reply?.date === undefined ? Number.NaN : Date.parse(reply.date);
  const clock = Number.isNaN(told) ? {} : { clockAheadMs: told - sources.clock.now() };
  if (!health.healthy) {
    const isRefused = health.problem === 'refused';
    return { ...common, ...shown, ...clock, problem: health.error.sentence, isRefused };
  }
  if (endpoint.api !== 'v1') return { ...common, ...shown, ...clock };
  const anybody = await takesAnybody(settings, sources);
  return {
    ...common,
    ...shown,
    ...clock,
    ...(anybody === undefined ? {} : { takesAnybody: anybody }),
    tiers: await tiersOf(node, settings, endpoint, site, sources),
  };
}

/** Asks every database that the flows name by an empty write, which stores nothing, all at a time; one that is slow hides no other. */
export async function readDatabases(
  site: SavedSite,
  userDirectory: string,
  sources: DatabaseSources,
): Promise<Looked<readonly DatabaseFacts[]>> {
  const nodes = nodesOf(site, 'influx-target').filter((node) => textOf(node, 'url') !== '');
  if (nodes.some(({ id }) => site.secretsOf(id) === undefined)) {
    return unseen(LOOK_WORDS.say('databaseLogins'));
  }
  const asked = nodes.map(async (node): Promise<DatabaseFacts> => {
    const known = knownOf(node);
    const late = (): DatabaseFacts => ({ ...known, unseen: LOOK_WORDS.say('late', { label: node.label }) });
    try {
      return await within(ask(node, site, userDirectory, sources), sources, late);
    } catch (thrown) {
      return { ...known, problem: toPm500Error(thrown).sentence };
    }
  });
  return seen(await Promise.all(asked));
}
