import { connect } from 'mqtt';
import type { Node, NodeAPI, NodeDef } from 'node-red';
import { createBdSeqCounter } from '../src/sparkplug/bd-seq';
import { DeviceUsers } from '../src/sparkplug/device-users';
import { createOpenLink } from '../src/sparkplug/mqtt-link';
import { EdgeSession, type EdgeSessionSettings } from '../src/sparkplug/session';
import { systemClock } from '../src/support/clock';
import { onClose } from './shared/close';
import type { ConfigReader, NumberRange } from './shared/config';
import { nodeLogger } from './shared/logger';
import { bdSeqStoreOf, readBrokerTls, readLogin, type SparkplugEdgeNode } from './shared/sparkplug-edges';
import { startNode } from './shared/start';

/** MQTT 3.1.1, 3.1.2.10: 16 bits; 0 would switch the keep-alive off, and a lost link would never be noticed. */
const KEEP_ALIVE_RANGE: NumberRange = { min: 1, max: 65_535, unit: 's', whole: true };
const CONNECT_TIMEOUT_MS = 10_000;

interface Credentials {
  readonly username: unknown;
  readonly password: unknown;
}

function readSettings(RED: NodeAPI, config: ConfigReader<'sparkplug-edge'>, login: unknown): EdgeSessionSettings {
  const primaryHostId = config.text('primaryHostId');
  return {
    node: {
      groupId: config.text('groupId'),
      edgeNodeId: config.text('edgeNodeId'),
      ...(primaryHostId === '' ? {} : { primaryHostId }),
    },
    broker: {
      host: config.requiredText('host'),
      port: config.port('port'),
      keepAliveSeconds: config.number('keepAliveSeconds', KEEP_ALIVE_RANGE),
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      ...readLogin(login),
      ...(config.flag('useTls') ? { tls: readBrokerTls(RED, config.text('tls')) } : {}),
    },
  };
}

/** One Sparkplug edge node: one MQTT session that all its sparkplug-out nodes share. */
export = (RED: NodeAPI): void => {
  function Edge(this: Node<Credentials>, definition: NodeDef): void {
    startNode(RED, this, 'sparkplug-edge', definition, (config) => {
      const logger = nodeLogger(this);
      const session = new EdgeSession(readSettings(RED, config, this.credentials), {
        clock: systemClock,
        random: Math.random,
        logger,
        openLink: createOpenLink(connect, systemClock),
        bdSeq: createBdSeqCounter(bdSeqStoreOf(RED, this.id, logger)),
      });
      const users = new DeviceUsers(session);
      const attach: SparkplugEdgeNode['attach'] = () => {
        session.start();
        return users.open();
      };
      Object.assign<Node, Pick<SparkplugEdgeNode, 'session' | 'attach'>>(this, { session, attach });
      onClose(this, () => session.close());
    });
  }
  RED.nodes.registerType('sparkplug-edge', Edge, {
    credentials: { username: { type: 'text' }, password: { type: 'password' } },
  });
};
