import type { Node, NodeAPI, NodeDef } from 'node-red';
import { parseDeviceMessage } from '../../src/sparkplug/metrics/message';
import { checkId } from '../../src/sparkplug/edge/topic';
import { Pm500Error } from '../../src/support/errors';
import { onClose } from '../shared/close';
import { onInput } from '../shared/input';
import { isSparkplugEdgeNode, sendEdgeDiagnostics, showEdge } from '../shared/sparkplug-edges';
import { repeat } from '../shared/repeat';
import { startNode } from '../shared/start';
import { LastRefusal } from './last-refusal';

/** The count in the status moves at most this often, so that fast flows do not flood the editor. */
const STATUS_INTERVAL_MS = 1000;

/** Publishes the metrics of every message as a device of a Sparkplug edge node. */
export = (RED: NodeAPI): void => {
  function Out(this: Node, definition: NodeDef): void {
    startNode(RED, this, 'sparkplug-out', definition, (config, status) => {
      const edge = config.node('edge', (id) => RED.nodes.getNode(id), isSparkplugEdgeNode);
      const fixedDeviceId = config.text('deviceId');
      if (fixedDeviceId !== '') checkId('device ID', fixedDeviceId);
      const diagnosticsSeconds = config.number('diagnosticsSeconds');
      const { session } = edge;
      const publisher = edge.attach();
      const ownDevices = new Set<string>();
      let messages = 0;
      let shownAt = 0;
      const refusal = new LastRefusal(() => performance.now());

      const show = (): void => {
        shownAt = performance.now();
        const kind = refusal.shown;
        const { phase, alarm } = session.state;
        // What concerns all meters stays in sight.
        if (kind !== undefined && phase === 'born' && alarm === undefined) status.show('failed', kind);
        else showEdge(status, session.state, { ownDevices, messages, delivery: session.delivery });
      };
      const stopListening = [
        session.onState(show),
        repeat(STATUS_INTERVAL_MS, show),
        sendEdgeDiagnostics(this, session, diagnosticsSeconds, STATUS_INTERVAL_MS),
      ];
      show();

      onInput(
        this,
        async (message) => {
          const update = parseDeviceMessage(message.payload, Date.now());
          if (update.samples.length === 0) return;
          const deviceId = fixedDeviceId === '' ? update.deviceId : fixedDeviceId;
          if (deviceId === undefined) {
            throw new Pm500Error(
              'MESSAGE_INVALID',
              'payload.deviceId is missing and the node has no device ID; set one of them.',
            );
          }
          const accepted = publisher.publish(deviceId, update.samples, update.isLost);
          ownDevices.add(deviceId);
          messages++;
          if (performance.now() - shownAt >= STATUS_INTERVAL_MS) show();
          await accepted();
        },
        ({ code }) => {
          const kind = code.startsWith('OUTBOX') ? 'notStored' : 'messageRefused';
          refusal.note(kind);
          if (session.state.alarm === undefined) status.show('failed', kind);
        },
      );

      onClose(this, () => {
        for (const stop of stopListening) stop();
        return publisher.close();
      });
    });
  }
  RED.nodes.registerType('sparkplug-out', Out, {});
};
