import type { Node, NodeAPI, NodeDef } from 'node-red';
import { Delivery } from '../../src/delivery/delivery';
import { deliveryMetrics } from '../../src/delivery/metrics';
import { createInfluxDestination } from '../../src/influx/destination';
import { systemClock } from '../../src/support/clock';
import { toPm500Error } from '../../src/support/errors';
import { addMetrics, registerAdmin } from '../shared/admin';
import { onClose } from '../shared/close';
import { credentialsOf, type CredentialsOf } from '../shared/forms';
import { readDeliverySettings, readSenderSettings } from '../shared/influx-settings';
import { openDeadLetters, type InfluxTargetNode } from '../shared/influx-targets';
import { nodeLogger } from '../shared/logger';
import { outboxLimits, takeOutbox } from '../shared/outboxes';
import { startNode } from '../shared/start';

/** One InfluxDB: where it is, and the outbox and the writer that all nodes share. */
export = (RED: NodeAPI): void => {
  registerAdmin(RED);

  function Target(this: Node<CredentialsOf<'influx-target'>>, definition: NodeDef): void {
    startNode(RED, this, 'influx-target', definition, (config) => {
      const sender = readSenderSettings(RED, config, this);
      const destination = createInfluxDestination(sender, systemClock);
      const settings = readDeliverySettings(config);
      const limits = outboxLimits(config.number('maximumMegabytes'), config.number('maximumAgeHours'));
      const { outbox, giveBack } = takeOutbox(RED, this, config.choice('outbox'), limits);
      const logger = nodeLogger(this);
      const target = new Delivery(settings, {
        outbox,
        destination,
        clock: systemClock,
        random: Math.random,
        logger,
        ...openDeadLetters(RED, this.id, config.number('refusedMegabytes')),
      });
      const { endpoint } = sender;
      const retentionPolicy = endpoint.api === 'v1' ? endpoint.retentionPolicy : '';
      Object.assign<Node, Pick<InfluxTargetNode, 'target' | 'retentionPolicy'>>(this, { target, retentionPolicy });

      const { id, name = '' } = this;
      const labels = { target: name === '' ? id : name, node: id };
      const stopMetrics = addMetrics(() => deliveryMetrics(target.stats, labels));

      const closing = new AbortController();
      target.examine(closing.signal).catch((thrown: unknown) => {
        logger.warn(toPm500Error(thrown).message);
      });

      onClose(this, async (removed) => {
        closing.abort();
        stopMetrics();
        await target.close();
        await giveBack(removed);
      });
    });
  }
  RED.nodes.registerType('influx-target', Target, {
    credentials: credentialsOf('influx-target'),
  });
};
