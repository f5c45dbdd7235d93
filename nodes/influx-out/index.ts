import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red';
import { LineMapper } from '../../src/influx/line-mapper';
import { checkMeasurement } from '../../src/influx/line-protocol';
import { MessageIntake } from '../../src/influx/message-intake';
import { readHints, type MessageHints } from '../../src/influx/message-points';
import { watchTimes } from '../../src/influx/odd-times';
import { isInfluxTargetNode } from '../influx-target/target-node';
import { feedSink } from '../shared/sink-inlet';
import { startNode } from '../shared/start';

/** Queues the points of every message for an InfluxDB. */
export = (RED: NodeAPI): void => {
  function Out(this: Node, definition: NodeDef): void {
    startNode(RED, this, 'influx-out', definition, (config, status) => {
      const { sink, retentionPolicy } = config.node('target', (id) => RED.nodes.getNode(id), isInfluxTargetNode);
      const influxMeasurement = config.text('influxMeasurement');
      checkMeasurement(influxMeasurement);
      const mapper = new LineMapper({ shape: config.choice('shape'), quality: config.choice('quality') });
      const settings = {
        acknowledge: config.choice('acknowledge'),
        diagnosticsSeconds: config.number('diagnosticsSeconds'),
      };
      let hasWarned = false;
      const onLeftOut = (count: number): void => {
        if (hasWarned) return;
        hasWarned = true;
        this.warn(
          `${count} values of a message cannot be fields (NaN, infinite, or not of the type of their field) and were left out; this is said once.`,
        );
      };

      const onTime = watchTimes(Date.now, ({ message, code }) => {
        this.warn(`${message} (${code})`);
      });

      feedSink<NodeMessageInFlow & MessageHints>(this, status, sink, settings, (submit) => {
        const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
        const intake = new MessageIntake({ mapper, submit, pause, onLeftOut });
        return {
          take: (message) =>
            intake.take(
              message.payload,
              readHints(message, { influxMeasurement, retentionPolicy }, Date.now(), onTime),
            ),
          idle: () => intake.idle(),
        };
      });
    });
  }
  RED.nodes.registerType('influx-out', Out, {});
};
