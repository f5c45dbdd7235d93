import type { Node, NodeAPI, NodeDef } from 'node-red';
import { flattenTelemetry, normalizeReading } from '../src/domain/normalize';
import { parseReading } from '../src/domain/parse-message';
import type { Quality } from '../src/domain/quality';
import type { Telemetry } from '../src/domain/telemetry';
import { onInput } from './shared/input';
import { startNode } from './shared/start';
import type { StatusLine } from './shared/status';

/** What a person should know first: values that are bad, else values that nobody has confirmed, else how many there are. */
function showQuality(status: StatusLine, { metrics }: Telemetry): void {
  const samples = Object.values(metrics);
  const countOf = (wanted: Quality): number => samples.filter(({ quality }) => quality === wanted).length;
  const bad = countOf('bad');
  const uncertain = countOf('uncertain');
  if (bad > 0) status.show(bad < samples.length ? 'partial' : 'failed', 'bad', { bad, count: samples.length });
  else if (uncertain > 0) status.show('partial', 'uncertain', { uncertain });
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
          if (shape === 'telemetry') message.payload = telemetry;
          // Names and values alone have lost the time of the read, which a database needs.
          else Object.assign(message, { payload: flattenTelemetry(telemetry), timestamp: telemetry.timestamp });
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
