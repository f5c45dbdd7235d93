import type { Node, NodeAPI, NodeDef } from 'node-red';
import { createInfluxDestination } from '../../src/influx/destination';
import { systemClock } from '../../src/support/clock';
import { registerAdmin } from '../shared/admin';
import { credentialsOf, type CredentialsOf } from '../shared/forms';
import { outboxLimits } from '../shared/outboxes';
import { openSink } from '../shared/sinks';
import { startNode } from '../shared/start';
import { readDeliverySettings, readSenderSettings } from './read-settings';
import type { InfluxTargetNode } from './target-node';

/** One InfluxDB: where it is, and the outbox and the writer that all nodes share. */
export = (RED: NodeAPI): void => {
  registerAdmin(RED);

  function Target(this: Node<CredentialsOf<'influx-target'>>, definition: NodeDef): void {
    startNode(RED, this, 'influx-target', definition, (config) => {
      const sender = readSenderSettings(RED, config, this);
      const { endpoint } = sender;
      const retentionPolicy = endpoint.api === 'v1' ? endpoint.retentionPolicy : '';
      openSink(RED, this, createInfluxDestination(sender, systemClock), {
        delivery: readDeliverySettings(config),
        outbox: config.choice('outbox'),
        limits: outboxLimits(config.number('maximumMegabytes'), config.number('maximumAgeHours')),
        refused: { megabytes: config.number('refusedMegabytes'), extension: 'lp' },
      });
      Object.assign<Node, Pick<InfluxTargetNode, 'retentionPolicy'>>(this, { retentionPolicy });
    });
  }
  RED.nodes.registerType('influx-target', Target, {
    credentials: credentialsOf('influx-target'),
  });
};
