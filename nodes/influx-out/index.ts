import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red';
import { LineMapper } from '../../src/influx/line-mapper';
import { checkMeasurement } from '../../src/influx/line-protocol';
import { MessageIntake } from '../../src/influx/message-intake';
import { readHints, type MessageHints } from '../../src/influx/message-points';
import { onClose } from '../shared/close';
import { sendDiagnostics } from '../shared/delivery-diagnostics';
import { isInfluxTargetNode, openInlet, showDelivery } from '../shared/influx-targets';
import { onInput } from '../shared/input';
import { startNode } from '../shared/start';

/** Queues the points of every message for an InfluxDB. */
export = (RED: NodeAPI): void => {
  function Out(this: Node, definition: NodeDef): void {
    startNode(RED, this, 'influx-out', definition, (config, status) => {
      const { target, retentionPolicy = '' } = config.node('target', (id) => RED.nodes.getNode(id), isInfluxTargetNode);
      const influxMeasurement = config.text('influxMeasurement');
      checkMeasurement(influxMeasurement);
      const mapper = new LineMapper({
        shape: config.choice('shape'),
        quality: config.choice('quality'),
      });
      const diagnosticsSeconds = config.number('diagnosticsSeconds');
      const inlet = openInlet(this, target, config.choice('acknowledge'));
      let hasWarned = false;
      const intake = new MessageIntake({
        mapper,
        submit: (lines) => inlet.submit(lines),
        pause: () => new Promise((resolve) => setImmediate(resolve)),
        onLeftOut: (count) => {
          if (hasWarned) return;
          hasWarned = true;
          this.warn(
            `${count} values of a message cannot be fields (NaN, infinite, or not of the type of their field) and were left out; this is said once.`,
          );
        },
      });

      const show = (): void => {
        showDelivery(status, target);
      };
      const stopListening = [
        target.onChange(show),
        sendDiagnostics(this, target, diagnosticsSeconds),
        target.onRefused(this.id, ({ payload, message, count }) => {
          this.error(message, { payload, count });
        }),
      ];
      show();

      onInput(
        this,
        async (message: NodeMessageInFlow & MessageHints) => {
          await intake.take(message.payload, readHints(message, { influxMeasurement, retentionPolicy }, Date.now()));
        },
        () => {
          // Where the outbox takes nothing, no message is to blame.
          if (target.stats.problem === undefined) status.show('failed', 'refused');
          else show();
        },
      );

      onClose(this, async (removed) => {
        for (const stop of stopListening) stop();
        await intake.idle();
        await inlet.close(removed);
      });
    });
  }
  RED.nodes.registerType('influx-out', Out, {});
};
