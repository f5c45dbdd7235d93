import { Zone } from '../../domain/tariff/zone';
import type { Endpoint } from '../../influx/endpoint';
import { examineDatabase } from '../../influx/health';
import { withPassword } from '../../influx/proxy';
import type { SenderSettings } from '../../influx/sender';
import { connectInfluxQl, type InfluxQlServer } from '../../influx/tiers/influxql-server';
import { valueSourcesOf } from '../../influx/tiers/sources';
import { tiersStatus, type TiersStatus } from '../../influx/tiers/tier-status';
import { within, type Clock } from '../../support/clock';
import { hasCode, toPm500Error } from '../../support/errors';
import type { DatabaseFacts } from '../facts';
import type { SavedNode } from '../flows/saved-nodes';
import { nodesOf, textOf, type SavedSite } from '../flows/saved-site';
import { seen, unseen, type Looked } from '../looked';
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

/** Whether somebody without a login may ask; undefined where that is not known. */
async function takesAnybody(url: string, sources: DatabaseSources): Promise<boolean | undefined> {
  try {
    await serverOf(url, { user: '', password: '', database: '' }, sources).query('SHOW DATABASES');
    return true;
  } catch (thrown) {
    return hasCode(thrown, 'INFLUX_REFUSED') ? false : undefined;
  }
}

function serverOf(
  url: string,
  access: { readonly user: string; readonly password: string; readonly database: string },
  { clock, signal, env }: DatabaseSources,
): InfluxQlServer {
  return connectInfluxQl({ url, ...access, clock, ended: signal, env });
}

async function tiersOf(
  node: SavedNode,
  endpoint: Extract<Endpoint, { readonly api: 'v1' }>,
  site: SavedSite,
  sources: DatabaseSources,
): Promise<Looked<TiersStatus>> {
  const writer = nodesOf(site, 'influx-out').find((out) => textOf(out, 'target') === node.id);
  const influxMeasurement = writer === undefined ? '' : textOf(writer, 'influxMeasurement');
  if (influxMeasurement === '') return unseen(`no influx-out writes to ${node.label}`);
  const zone = nodesOf(site, 'pm500-normalize')
    .map((each) => textOf(each, 'timeZone'))
    .find((name) => name !== '');
  try {
    const { database } = endpoint;
    const server = serverOf(textOf(node, 'url'), endpoint, sources);
    return seen(await tiersStatus(server, database, valueSourcesOf(influxMeasurement), new Zone(zone ?? 'UTC')));
  } catch (thrown) {
    return unseen(toPm500Error(thrown).message.replace(/\.$/, ''));
  }
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
  const common = { id: node.id, server: url.host };
  const [certificateEndMs, { health, reply }] = await Promise.all([
    url.protocol === 'https:' ? sources.lookAtCertificate(url.hostname, Number(url.port) || HTTPS_PORT) : undefined,
    examineDatabase(settings, sources.clock, sources.signal, sources.env),
  ]);
  const shown = certificateEndMs === undefined ? {} : { certificateEndMs };
  const told = reply?.date === undefined ? Number.NaN : Date.parse(reply.date);
  const clock = Number.isNaN(told) ? {} : { clockAheadMs: told - sources.clock.now() };
  if (!health.healthy) {
    const isRefused = health.problem === 'refused';
    return { ...common, ...shown, ...clock, problem: health.error.message, isRefused };
  }
  if (endpoint.api !== 'v1') return { ...common, ...shown, ...clock, isRefused: false };
  const anybody = await takesAnybody(settings.url, sources);
  return {
    ...common,
    ...shown,
    ...clock,
    isRefused: false,
    ...(anybody === undefined ? {} : { takesAnybody: anybody }),
    tiers: await tiersOf(node, endpoint, site, sources),
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
    return unseen('tokens and passwords of databases are in credentials that cannot be opened');
  }
  const asked = nodes.map(async (node): Promise<DatabaseFacts> => {
    const known = { id: node.id, server: node.label, isRefused: false };
    const late = (): DatabaseFacts => ({ ...known, unseen: `${node.label} did not answer in time` });
    try {
      return await within(ask(node, site, userDirectory, sources), sources, late);
    } catch (thrown) {
      return { ...known, problem: toPm500Error(thrown).message };
    }
  });
  return seen(await Promise.all(asked));
}
