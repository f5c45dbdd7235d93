import type { NodeAPI } from 'node-red';
import type { ProtocolVersion } from '../../src/mqtt/mqtt-options';
import { parseHost, parseServers } from '../../src/mqtt/server-list';
import type { EdgeSessionSettings } from '../../src/sparkplug/session/session-settings';
import type { OutboxLimits } from '../../src/outbox/outbox';
import { packageVersion } from '../../src/support/package-version';
import type { ConfigReader } from '../shared/config';
import { outboxLimits } from '../shared/outboxes';
import { readBrokerTls } from '../shared/sparkplug-edges';
import { automaticStoreBytes } from './store-size';

const BYTES_PER_KILOBYTE = 1000;
const CONNECT_TIMEOUT_MS = 10_000;
const VERSIONS: Readonly<Record<'3.1.1' | '5', ProtocolVersion>> = { '3.1.1': 4, '5': 5 };

/** How much may wait. */
function readStoreLimits(RED: NodeAPI, nodeId: string, config: ConfigReader<'sparkplug-edge'>): OutboxLimits {
  const megabytes = config.number('maximumMegabytes');
  const limits = outboxLimits(megabytes, config.number('maximumAgeHours'));
  if (megabytes > 0) return limits;
  const kind = config.choice('store') === 'disk' ? 'disk' : 'memory';
  return { ...limits, maximumBytes: automaticStoreBytes(RED, nodeId, kind) };
}

type StoredHistory = NonNullable<EdgeSessionSettings['history']>;

/** How fast stored values are sent, and how many may wait. */
function readHistory(RED: NodeAPI, nodeId: string, config: ConfigReader<'sparkplug-edge'>): StoredHistory {
  const messagesPerSecond = config.number('historicalMessagesPerSecond');
  const kilobytesPerSecond = config.number('historicalKilobytesPerSecond');
  return {
    valuesPerSecond: config.number('historicalPerSecond'),
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
): EdgeSessionSettings & { readonly history: StoredHistory } {
  const username = config.secret(credentials, 'username');
  const password = config.secret(credentials, 'password');
  const primaryHostId = config.text('primaryHostId');
  const clientId = config.text('clientId');
  const webSocketPath = config.text('webSocketPath');
  const port = config.number('port');
  const maximumKilobytes = config.number('maximumMessageKilobytes');
  const tlsId = config.text('tls');
  const hasTemplates = config.choice('metricModel') === 'templates';
  // A configuration node that is missing shows at once; the files are read for every connection.
  if (config.flag('useTls')) readBrokerTls(RED, tlsId);
  return {
    node: {
      groupId: config.text('groupId'),
      edgeNodeId: config.text('edgeNodeId'),
      watchesDuplicates: config.flag('detectDuplicates'),
      ...(primaryHostId === '' ? {} : { primaryHostId, hostVersion: config.choice('hostVersion') }),
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
      host: parseHost(config.text('host')),
      port,
      keepAliveSeconds: config.number('keepAliveSeconds'),
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      protocolVersion: VERSIONS[config.choice('protocolVersion')],
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
