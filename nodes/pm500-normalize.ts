import type { Node, NodeAPI, NodeDef } from 'node-red';
import { flattenTelemetry, normalizeReading } from '../src/domain/normalize';
import { parseReading } from '../src/domain/parse-message';
import type { Telemetry } from '../src/domain/telemetry';
import { onInput } from './shared/input';
import { startNode } from './shared/start';
import type { StatusLine } from './shared/status';

function showQuality(status: StatusLine, { metrics }: Telemetry): void {
  const samples = Object.values(metrics);
  const bad = samples.filter(({ quality }) => quality === 'bad').length;
  if (bad > 0) status.show('partial', 'bad', { bad, count: samples.length });
  else status.show('ok', 'metrics', { count: samples.length });
}

/** Readings become telemetry: canonical names and units, quality and time of every value. */
export = (RED: NodeAPI): void => {
  function Pm500Normalize(this: Node, definition: NodeDef): void {
    startNode(RED, this, 'pm500-normalize', definition, (config, status) => {
      const shape = config.choice('shape', ['telemetry', 'flat']);
      status.show('idle', 'idle');
      onInput(
        this,
        (message, send) => {
          const telemetry = normalizeReading(parseReading(message.payload));
          showQuality(status, telemetry);
          message.payload = shape === 'flat' ? flattenTelemetry(telemetry) : telemetry;
          send(message);
        },
        () => {
          status.show('failed', 'refused');
        },
      );
    });
  }
  RED.nodes.registerType('pm500-normalize', Pm500Normalize, {});
};
