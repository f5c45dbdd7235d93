import { TELEMETRY } from '../src/domain/messages/telemetry';
import { connectAsync } from 'mqtt';
import { startPipeline } from '../testkit/node-red/pipeline';
import { entryOf } from '../testkit/node-red/reference-flows';
import { waitFor } from '../testkit/wait';
import { percentile } from './measure';
import type { BenchLine } from './report';

const INTERVAL_MS = 200;
const MESSAGES = 150;
const WARM_UP = 25;

/**
 * From the moment at which a meter was read to the moment at which a subscriber has its telemetry: a real Node-RED with
 * the flow assembly-to-mqtt, a simulated meter in the same process, a real Mosquitto. The clocks count milliseconds.
 */
export async function benchAcquisitionToMqtt(): Promise<BenchLine[]> {
  const pipeline = await startPipeline();
  try {
    const flow = await pipeline.flow('flows', 'assembly-to-mqtt.json');
    const { topic } = entryOf(flow, 'mqtt out');
    const client = await connectAsync(pipeline.broker.url);
    const delays: number[] = [];
    client.on('message', (_topic, payload) => {
      const arrivedAt = Date.now();
      delays.push(arrivedAt - TELEMETRY.parse(JSON.parse(payload.toString())).timestamp);
    });
    await client.subscribeAsync(String(topic));
    await pipeline.nodeRed.admin.deploy(
      flow.map((entry) => (entry.type === 'pm500-poll' ? { ...entry, intervalMs: INTERVAL_MS } : entry)),
    );
    await waitFor('telemetry on the broker', () => delays.length >= WARM_UP + MESSAGES, {
      timeoutMs: (WARM_UP + MESSAGES) * INTERVAL_MS * 2,
      everyMs: INTERVAL_MS,
    });
    await client.endAsync(true);
    const measured = delays.slice(WARM_UP);
    const at = (share: number): string => `${percentile(measured, share)} ms`;
    return [
      {
        what: 'read to MQTT subscriber through Node-RED, p99',
        value: at(0.99),
        note: `p50 ${at(0.5)}, ${measured.length} messages, one every ${INTERVAL_MS} ms`,
      },
    ];
  } finally {
    await pipeline.stop();
  }
}
