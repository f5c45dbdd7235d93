import type { NodeAPI } from 'node-red';
import type { ProtocolVersion } from '../../src/sparkplug/mqtt-options';
import { HOST_VERSIONS } from '../../src/sparkplug/host-state';
import { parseHost, parseServers } from '../../src/sparkplug/server-list';
import type { EdgeSessionSettings } from '../../src/sparkplug/session';
import type { OutboxLimits } from '../../src/outbox/outbox';
import { packageVersion } from '../../src/support/package-version';
import type { ConfigReader, NumberRange } from './config';
import { OUTBOX_HOURS_RANGE, OUTBOX_MEGABYTES_RANGE, outboxLimits } from './outboxes';
import { readBrokerTls } from './sparkplug-edges';
import { automaticStoreBytes } from './store-size';

/** MQTT 3.1.1, 3.1.2.10: 16 bits; 0 would switch the keep-alive off, and a lost link would never be noticed. */
const KEEP_ALIVE_RANGE: NumberRange = { min: 1, max: 65_535, unit: 's', whole: true };
const HISTORICAL_RANGE: NumberRange = { min: 1, max: 1_000_000, unit: 'values per second' };
/** 0: no limit. */
const HISTORICAL_MESSAGES_RANGE: NumberRange = { min: 0, max: 100_000, unit: 'messages per second' };
const HISTORICAL_KILOBYTES_RANGE: NumberRange = { min: 0, max: 1_000_000, unit: 'kB per second' };
/** 0: what the broker says. An MQTT packet has at most 256 MiB (MQTT 3.1.1, 2.2.3). */
const MESSAGE_RANGE: NumberRange = { min: 0, max: 262_144, unit: 'kB' };
const BYTES_PER_KILOBYTE = 1000;
const CONNECT_TIMEOUT_MS = 10_000;
const VERSIONS: Readonly<Record<'3.1.1' | '5', ProtocolVersion>> = { '3.1.1': 4, '5': 5 };

/** How metrics stand in messages. */
const METRIC_MODELS = ['flat', 'templates'] as const;

/** Where values wait that cannot be sent; `none` lets them go. */
export const STORE_KINDS = ['disk', 'memory', 'none'] as const;

/** 0: as much as `automaticStoreBytes` says. */
const STORE_MEGABYTES_RANGE: NumberRange = { ...OUTBOX_MEGABYTES_RANGE, min: 0 };

/** How much may wait. */
function readStoreLimits(RED: NodeAPI, nodeId: string, config: ConfigReader<'sparkplug-edge'>): OutboxLimits {
  const megabytes = config.number('maximumMegabytes', STORE_MEGABYTES_RANGE);
  const limits = outboxLimits(megabytes, config.number('maximumAgeHours', OUTBOX_HOURS_RANGE));
  if (megabytes > 0) return limits;
  const kind = config.choice('store', STORE_KINDS) === 'disk' ? 'disk' : 'memory';
  return { ...limits, maximumBytes: automaticStoreBytes(RED, nodeId, kind) };
}

type StoreSettings = NonNullable<EdgeSessionSettings['history']>;

/** How fast stored values are sent, and how many may wait. */
function readHistory(RED: NodeAPI, nodeId: string, config: ConfigReader<'sparkplug-edge'>): StoreSettings {
  const messagesPerSecond = config.number('historicalMessagesPerSecond', HISTORICAL_MESSAGES_RANGE);
  const kilobytesPerSecond = config.number('historicalKilobytesPerSecond', HISTORICAL_KILOBYTES_RANGE);
  return {
    valuesPerSecond: config.number('historicalPerSecond', HISTORICAL_RANGE),
    ...(messagesPerSecond === 0 ? {} : { messagesPerSecond }),
    ...(kilobytesPerSecond === 0 ? {} : { bytesPerSecond: kilobytesPerSecond * BYTES_PER_KILOBYTE }),
    store: readStoreLimits(RED, nodeId, config),
  };
}

/**
 * The settings of an edge node.
 * @throws Pm500Error CONFIG_INVALID
 */
export function readEdgeSettings(
  RED: NodeAPI,
  nodeId: string,
  config: ConfigReader<'sparkplug-edge'>,
  credentials: unknown,
): EdgeSessionSettings & { readonly history: StoreSettings } {
  const username = config.secret(credentials, 'username');
  const password = config.secret(credentials, 'password');
  const primaryHostId = config.text('primaryHostId');
  const clientId = config.text('clientId');
  const webSocketPath = config.text('webSocketPath');
  const port = config.port('port');
  const maximumKilobytes = config.number('maximumMessageKilobytes', MESSAGE_RANGE);
  const tlsId = config.text('tls');
  const hasTemplates = config.choice('metricModel', METRIC_MODELS) === 'templates';
  // A configuration node that is missing shows at once; the files are read for every connection.
  if (config.flag('useTls')) readBrokerTls(RED, tlsId);
  return {
    node: {
      groupId: config.text('groupId'),
      edgeNodeId: config.text('edgeNodeId'),
      watchesDuplicates: config.flag('detectDuplicates'),
      ...(primaryHostId === '' ? {} : { primaryHostId, hostVersion: config.choice('hostVersion', HOST_VERSIONS) }),
      naming: { withoutAliases: config.flag('withoutAliases'), datatypesInData: config.flag('datatypesInData') },
      ...(hasTemplates
        ? {
            templates: {
              version: packageVersion(),
              startedAt: Date.now(),
              versionedNames: config.flag('versionedTemplates'),
            },
          }
        : {}),
    },
    broker: {
      host: parseHost(config.requiredText('host')),
      port,
      keepAliveSeconds: config.number('keepAliveSeconds', KEEP_ALIVE_RANGE),
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      protocolVersion: VERSIONS[config.choice('protocolVersion', ['3.1.1', '5'])],
      ...(webSocketPath === ''
        ? {}
        : { webSocketPath: webSocketPath.startsWith('/') ? webSocketPath : `/${webSocketPath}` }),
      ...(username === '' ? {} : { username }),
      ...(password === '' ? {} : { password }),
    },
    furtherServers: parseServers(config.text('furtherServers'), port),
    ...(clientId === '' ? {} : { clientId }),
    ...(maximumKilobytes === 0 ? {} : { maximumMessageBytes: maximumKilobytes * BYTES_PER_KILOBYTE }),
    ...(config.flag('useTls') ? { readTls: () => readBrokerTls(RED, tlsId) } : {}),
    history: readHistory(RED, nodeId, config),
  };
}
