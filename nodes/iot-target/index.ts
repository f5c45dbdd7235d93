import type { Node, NodeAPI, NodeDef } from 'node-red';
import { createIotDestination } from '../../src/iot/destination';
import { PROFILE_LIMITS } from '../../src/iot/profiles';
import { refusedLine } from '../../src/iot/record-text';
import { Sequences } from '../../src/iot/sequence';
import { connectMqtt } from '../../src/mqtt/mqtt-connect';
import { createOpenLink } from '../../src/mqtt/mqtt-link';
import { systemClock } from '../../src/support/clock';
import { addMetrics, registerAdmin } from '../shared/admin';
import { fileMetrics } from '../shared/certificate-metrics';
import { credentialsOf, type CredentialsOf } from '../shared/forms';
import { outboxLimits } from '../shared/outboxes';
import { watchCertificate } from '../shared/shown-certificate';
import { openSink } from '../shared/sinks';
import { startNode } from '../shared/start';
import { keepIdentity } from './keep-identity';
import { targetPlaces } from './places';
import { readTargetSettings } from './read-settings';
import type { IotTargetNode } from './target-node';

/** One MQTT broker that takes JSON: where it is, and the outbox and the connection that all nodes share. */
export = (RED: NodeAPI): void => {
  registerAdmin(RED);

  function Target(this: Node<CredentialsOf<'iot-target'>>, definition: NodeDef): void {
    startNode(RED, this, 'iot-target', definition, (config) => {
      const settings = readTargetSettings(
        config,
        this.credentials,
        () => process.getuid?.(),
        targetPlaces(RED, this.id),
      );
      const { iot, clientIdNow, delivery, brokerNow, concernNow, identity } = settings;
      const broker = watchCertificate(connectMqtt);
      const destination = createIotDestination(iot, {
        openLink: createOpenLink(broker.connect, systemClock),
        clock: systemClock,
        random: Math.random,
        settingsOf: brokerNow,
        concernOf: concernNow,
        ...(identity === undefined ? {} : { identity }),
      });
      openSink(RED, this, destination, {
        delivery,
        outbox: config.choice('outbox'),
        limits: outboxLimits(config.number('maximumMegabytes'), config.number('maximumAgeHours')),
        refused: { megabytes: config.number('refusedMegabytes'), extension: 'jsonl', entryOf: refusedLine },
      });
      this.on(
        'close',
        addMetrics(() => [...fileMetrics(this.id, settings.filesNow), ...broker.metrics(this.id)]),
      );
      const { keeper } = settings;
      const shared = {
        ...{ clientIdNow, limits: PROFILE_LIMITS[iot.profile], sequences: new Sequences(Math.random) },
        ...(keeper === undefined ? {} : { identity: keepIdentity(this, keeper) }),
      };
      Object.assign<Node, Pick<IotTargetNode, keyof typeof shared>>(this, shared);
    });
  }
  RED.nodes.registerType('iot-target', Target, {
    credentials: credentialsOf('iot-target'),
  });
};
