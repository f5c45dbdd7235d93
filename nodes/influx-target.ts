import type { Node, NodeAPI, NodeDef } from 'node-red';
import { createHttpSender } from '../src/influx/sender';
import { InfluxTarget } from '../src/influx/target';
import { systemClock } from '../src/support/clock';
import { onClose } from './shared/close';
import type { NumberRange } from './shared/config';
import { readSenderSettings, readWriterSettings, type InfluxCredentials } from './shared/influx-settings';
import { outboxShelf, type InfluxTargetNode } from './shared/influx-targets';
import { nodeLogger } from './shared/logger';
import { startNode } from './shared/start';

const MEGABYTES_RANGE: NumberRange = { min: 1, max: 100_000 };
const BYTES_PER_MEGABYTE = 1_000_000;

/** One InfluxDB: where it is, and the outbox and the writer that all nodes share. */
export = (RED: NodeAPI): void => {
  function Target(this: Node<InfluxCredentials>, definition: NodeDef): void {
    startNode(RED, this, 'influx-target', definition, (config) => {
      const sender = createHttpSender(readSenderSettings(RED, config, this), systemClock);
      const settings = readWriterSettings(config);
      const maximumBytes = config.number('maximumMegabytes', MEGABYTES_RANGE) * BYTES_PER_MEGABYTE;
      const outbox = outboxShelf.take(this.id, { maximumBytes });
      const logger = nodeLogger(this);
      const target = new InfluxTarget(settings, { outbox, sender, clock: systemClock, random: Math.random, logger });
      Object.assign<Node, Pick<InfluxTargetNode, 'target'>>(this, { target });

      onClose(this, async (removed) => {
        const { depth } = await target.close();
        if (!removed) {
          outboxShelf.putBack(this.id, outbox);
          return;
        }
        await outbox.close();
        if (depth > 0) this.warn(`${depth} points that still waited for InfluxDB went with the removed target.`);
      });
    });
  }
  RED.nodes.registerType('influx-target', Target, {
    credentials: { token: { type: 'password' }, password: { type: 'password' } },
  });
};
