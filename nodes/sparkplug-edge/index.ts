import { hostname } from 'node:os';
import type { Node, NodeAPI, NodeDef } from 'node-red';
import { createBdSeqCounter } from '../../src/sparkplug/session/bd-seq';
import { keptClientId } from '../../src/sparkplug/mqtt/client-id';
import { DeviceUsers } from '../../src/sparkplug/session/device-users';
import { EdgeNode } from '../../src/sparkplug/edge/edge-node';
import { connectMqtt } from '../../src/mqtt/mqtt-connect';
import { createOpenLink } from '../../src/mqtt/mqtt-link';
import { EdgeSession } from '../../src/sparkplug/session/session';
import type { EdgeSessionDependencies, EdgeSessionSettings } from '../../src/sparkplug/session/session-settings';
import { systemClock } from '../../src/support/clock';
import { Users } from '../../src/support/users';
import { addMetrics, registerAdmin } from '../shared/admin';
import { onClose } from '../shared/close';
import { credentialsOf, type CredentialsOf } from '../shared/forms';
import { nodeLogger } from '../shared/logger';
import { takeOutbox, type TakenOutbox } from '../shared/outboxes';
import { takeQueues } from './queues';
import { openPublisher, sessionStoreOf, type SparkplugEdgeNode } from '../shared/sparkplug-edges';
import { watchCertificate } from '../shared/shown-certificate';
import { publishDelivery } from '../shared/sinks';
import { startNode } from '../shared/start';
import { readEdgeSettings } from './read-settings';

/** A session over an outbox that was taken for it; where it cannot be made, the outbox is free again. */
function createSession(
  store: TakenOutbox | undefined,
  dependenciesOf: () => Omit<EdgeSessionDependencies, 'outbox'>,
  settings: EdgeSessionSettings,
): EdgeSession {
  try {
    return new EdgeSession(settings, { ...dependenciesOf(), ...(store === undefined ? {} : { outbox: store.outbox }) });
  } catch (thrown) {
    void store?.giveBack(false);
    throw thrown;
  }
}

/** One Sparkplug edge node: one MQTT session that all its sparkplug-out nodes share. */
export = (RED: NodeAPI): void => {
  registerAdmin(RED);

  function Edge(this: Node<CredentialsOf<'sparkplug-edge'>>, definition: NodeDef): void {
    startNode(RED, this, 'sparkplug-edge', definition, (config) => {
      const logger = nodeLogger(this);
      const settings = readEdgeSettings(RED, this.id, config, this.credentials);
      const kind = config.choice('store');
      // Before anything is opened: wrong IDs are refused here.
      new EdgeNode(settings.node);
      const sessions = sessionStoreOf(RED, this.id, logger);
      const store = kind === 'none' ? undefined : takeOutbox(RED, this, kind, settings.history.store);
      const waiting = kind === 'none' ? undefined : takeQueues(RED, this, kind);
      const broker = watchCertificate(connectMqtt);
      const session = createSession(
        store,
        () => ({
          clock: systemClock,
          random: Math.random,
          logger,
          openLink: createOpenLink(broker.connect, systemClock),
          bdSeq: createBdSeqCounter(sessions),
          ...(waiting === undefined ? {} : { queues: waiting.queues }),
        }),
        { clientId: keptClientId(sessions, hostname(), Math.random), ...settings },
      );
      const devices = new DeviceUsers(session);
      const users = new Users(systemClock);
      const attach: SparkplugEdgeNode['attach'] = () => {
        session.start();
        return openPublisher(devices, users);
      };
      Object.assign<Node, Pick<SparkplugEdgeNode, 'session' | 'attach'>>(this, { session, attach });
      const stopMetrics = publishDelivery(RED, this, () => session.delivery);
      const stopCertificate = addMetrics(() => broker.metrics(this.id));
      onClose(this, async (removed) => {
        stopCertificate();
        stopMetrics();
        await users.gone();
        await session.close();
        await store?.giveBack(removed);
        await waiting?.giveBack(removed);
      });
    });
  }
  RED.nodes.registerType('sparkplug-edge', Edge, {
    credentials: credentialsOf('sparkplug-edge'),
  });
};
