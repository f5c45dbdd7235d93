import { hostname, networkInterfaces } from 'node:os';
import type { Node, NodeAPI } from 'node-red';
import {
  DEFAULT_BATCH_BYTES,
  DEFAULT_RECHECK_MS,
  DEFAULT_RETRY,
  type DeliverySettings,
} from '../../src/delivery/settings';
import type { Endpoint } from '../../src/influx/endpoint';
import { exposedSecrets, isOwnHost } from '../../src/influx/exposed-secrets';
import { unusableProxy, withPassword } from '../../src/influx/proxy';
import type { SenderSettings } from '../../src/influx/sender';
import type { ConfigReader } from '../shared/config';
import type { CredentialsOf } from '../shared/forms';
import { readTlsOptions } from '../shared/tls';

type Config = ConfigReader<'influx-target'>;

/** The node, or who stands for one that is not deployed: its secrets, and who hears warnings. */
type TargetNode = Pick<Node<CredentialsOf<'influx-target'>>, 'credentials' | 'warn'>;

function readEndpoint(config: Config, { credentials }: TargetNode): Endpoint {
  const api = config.choice('api');
  const token = config.secret(credentials, 'token').trim();
  const login = { user: config.text('user'), password: config.secret(credentials, 'password').trim() };
  switch (api) {
    case 'v2':
      return { api, org: config.text('org'), bucket: config.text('bucket'), token };
    case 'v1': {
      const retentionPolicy = config.text('retentionPolicy');
      return { api, database: config.text('database'), retentionPolicy, ...login };
    }
    case 'v3':
      return { api, database: config.text('database'), token };
    case 'line-protocol':
      return { api, path: config.text('path'), token, ...login };
  }
}

/** Addresses and name of this computer. */
function ownHosts(): readonly string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
  return [hostname(), ...addresses];
}

/** @throws Pm500Error CONFIG_INVALID in one sentence */
export function readSenderSettings(RED: NodeAPI, config: Config, node: TargetNode): SenderSettings {
  const tlsId = config.text('tls');
  const url = config.text('url');
  const proxy = config.text('proxy');
  const endpoint = readEndpoint(config, node);
  for (const { text } of exposedSecrets({ url, endpoint, proxy }, ownHosts())) node.warn(text);
  const complaint = URL.canParse(url) ? unusableProxy(new URL(url), proxy, process.env) : undefined;
  if (complaint !== undefined) node.warn(complaint);
  const compression = config.choice('compression');
  return {
    url,
    endpoint,
    timeoutMs: config.number('timeoutMs'),
    precision: config.choice('precision'),
    // A database on this computer is not worth compressing for: the network is memory there.
    gzip: compression === 'auto' ? !isOwnHost(url, []) : compression === 'gzip',
    proxy: withPassword(proxy, config.secret(node.credentials, 'proxyPassword').trim()),
    connections: config.number('maximumInFlight'),
    ...(tlsId === '' ? {} : { readTls: () => readTlsOptions(RED, 'influx-target', tlsId, 'CONFIG_INVALID') ?? {} }),
  };
}

/** @throws Pm500Error CONFIG_INVALID in one sentence */
export function readDeliverySettings(config: Config): DeliverySettings {
  const records = config.number('batchLines');
  const flushMs = config.number('flushMs');
  return {
    batch: { records, bytes: DEFAULT_BATCH_BYTES, flushMs },
    retry: DEFAULT_RETRY,
    maximumInFlight: config.number('maximumInFlight'),
    recheckMs: DEFAULT_RECHECK_MS,
    order: config.choice('order'),
  };
}
