import type { Node, NodeAPI, NodeDef } from 'node-red';
import { Recorder } from '../../src/iot/recorder';
import { TopicTemplate } from '../../src/iot/topic-template';
import type { IdentityNotice } from '../iot-target/keep-identity';
import { isIotTargetNode } from '../iot-target/target-node';
import type { SinkNotice } from '../shared/delivery-status';
import { feedSink } from '../shared/sink-inlet';
import { startNode } from '../shared/start';

/** What the certificate of the target gives to show. */
const noticeOf = ({ stateNow, onChange }: IdentityNotice): SinkNotice => ({
  onChange,
  show: (status) => {
    const state = stateNow();
    if (state === 'working') status.show('busy', 'renewing');
    else if (state === 'concerned') status.show('partial', 'certificate');
    return state !== 'quiet';
  },
});

/** Queues what messages say as JSON for an MQTT broker. */
export = (RED: NodeAPI): void => {
  function Out(this: Node, definition: NodeDef): void {
    startNode(RED, this, 'iot-out', definition, (config, status) => {
      const target = config.node('target', (id) => RED.nodes.getNode(id), isIotTargetNode);
      const { sink, clientIdNow, limits, sequences, identity } = target;
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
      const notice = identity === undefined ? {} : { notice: noticeOf(identity) };
      feedSink(this, status, sink, { ...settings, ...notice }, (submit) => ({
        take: async ({ payload }) => {
          const records = recorder.take(payload);
          if (records.length > 0) await submit(records);
        },
      }));
    });
  }
  RED.nodes.registerType('iot-out', Out, {});
};
