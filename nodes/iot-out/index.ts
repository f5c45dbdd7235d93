import type { Node, NodeAPI, NodeDef } from 'node-red';
import { Recorder } from '../../src/iot/recorder';
import { TopicTemplate } from '../../src/iot/topic-template';
import { isIotTargetNode } from '../iot-target/target-node';
import { feedSink } from '../shared/sink-inlet';
import { startNode } from '../shared/start';

/** Queues what messages say as JSON for an MQTT broker. */
export = (RED: NodeAPI): void => {
  function Out(this: Node, definition: NodeDef): void {
    startNode(RED, this, 'iot-out', definition, (config, status) => {
      const target = config.node('target', (id) => RED.nodes.getNode(id), isIotTargetNode);
      const { sink, clientIdNow, limits, sequences } = target;
      const recorder = new Recorder(
        {
          template: new TopicTemplate(config.text('topic'), clientIdNow, limits),
          naming: config.choice('naming'),
          withEvents: config.flag('withEvents'),
        },
        sequences,
        Date.now,
      );
      const settings = {
        acknowledge: config.choice('acknowledge'),
        diagnosticsSeconds: config.number('diagnosticsSeconds'),
      };
      feedSink(this, status, sink, settings, (submit) => ({
        take: async ({ payload }) => {
          const records = recorder.take(payload);
          if (records.length > 0) await submit(records);
        },
      }));
    });
  }
  RED.nodes.registerType('iot-out', Out, {});
};
