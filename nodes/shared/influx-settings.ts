import type { Node, NodeAPI } from 'node-red';
import {
  DEFAULT_BATCH_BYTES,
  DEFAULT_RECHECK_MS,
  DEFAULT_RETRY,
  DELIVERY_ORDERS,
  type DeliverySettings,
} from '../../src/delivery/settings';
import { APIS, type Endpoint } from '../../src/influx/endpoint';
import { PRECISIONS } from '../../src/influx/precision';
import type { SenderSettings } from '../../src/influx/sender';
import type { ConfigReader, NumberRange } from './config';
import { readTlsOptions } from './tls';

const LINES_RANGE: NumberRange = { min: 1, max: 50_000, whole: true };
const FLUSH_RANGE: NumberRange = { min: 0, max: 60_000, unit: 'ms' };
const TIMEOUT_RANGE: NumberRange = { min: 100, max: 300_000, unit: 'ms' };
const IN_FLIGHT_RANGE: NumberRange = { min: 1, max: 16, whole: true };

type Config = ConfigReader<'influx-target'>;

/** What the credential store holds for an influx-target. */
export interface InfluxCredentials {
  readonly token: unknown;
  readonly password: unknown;
}

function readEndpoint(config: Config, { credentials }: Node<InfluxCredentials>): Endpoint {
  const api = config.choice('api', APIS);
  const token = config.secret(credentials, 'token').trim();
  const login = { user: config.text('user'), password: config.secret(credentials, 'password').trim() };
  switch (api) {
    case 'v2':
      return { api, org: config.text('org'), bucket: config.requiredText('bucket'), token };
    case 'v1': {
      const retentionPolicy = config.text('retentionPolicy');
      return { api, database: config.requiredText('database'), retentionPolicy, ...login };
    }
    case 'v3':
      return { api, database: config.requiredText('database'), token };
    case 'line-protocol':
      return { api, path: config.requiredText('path'), token, ...login };
  }
}

/** A database on this machine is not worth compressing for: the network is memory there. */
function isRemote(url: string): boolean {
  const { hostname } = URL.canParse(url) ? new URL(url) : { hostname: '' };
  return !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** @throws Pm500Error CONFIG_INVALID in one sentence */
export function readSenderSettings(RED: NodeAPI, config: Config, node: Node<InfluxCredentials>): SenderSettings {
  const tls = readTlsOptions(RED, 'influx-target', config.text('tls'));
  const url = config.requiredText('url');
  const compression = config.choice('compression', ['auto', 'gzip', 'none']);
  return {
    url,
    endpoint: readEndpoint(config, node),
    timeoutMs: config.number('timeoutMs', TIMEOUT_RANGE),
    precision: config.choice('precision', PRECISIONS),
    gzip: compression === 'auto' ? isRemote(url) : compression === 'gzip',
    proxy: config.text('proxy'),
    connections: config.number('maximumInFlight', IN_FLIGHT_RANGE),
    ...(tls === undefined ? {} : { tls }),
  };
}

/** @throws Pm500Error CONFIG_INVALID in one sentence */
export function readDeliverySettings(config: Config): DeliverySettings {
  const records = config.number('batchLines', LINES_RANGE);
  const flushMs = config.number('flushMs', FLUSH_RANGE);
  return {
    batch: { records, bytes: DEFAULT_BATCH_BYTES, flushMs },
    retry: DEFAULT_RETRY,
    maximumInFlight: config.number('maximumInFlight', IN_FLIGHT_RANGE),
    recheckMs: DEFAULT_RECHECK_MS,
    order: config.choice('order', DELIVERY_ORDERS),
  };
}
