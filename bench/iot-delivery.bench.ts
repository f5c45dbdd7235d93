import { connect, connectAsync, type MqttClient } from 'mqtt';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Delivery } from '../src/delivery/delivery';
import { DEFAULT_BATCH_BYTES, DEFAULT_RECHECK_MS, DEFAULT_RETRY } from '../src/delivery/settings';
import { createIotDestination } from '../src/iot/destination';
import { readRecordText } from '../src/iot/record-text';
import { createOpenLink } from '../src/mqtt/mqtt-link';
import { openOutbox } from '../src/outbox/disk';
import { systemClock } from '../src/support/clock';
import { silentLogger } from '../src/support/logger';
import { seededRandom } from '../src/support/random';
import { iotPayload } from '../testkit/mqtt/iot-bench';
import { startMosquitto } from '../testkit/servers/mosquitto';
import { waitFor } from '../testkit/wait';
import { formatCount, type BenchLine } from './report';

const RECORDS = 40_000;
const RECORD_BYTES = 1000;
const METERS = 50;
/** As many as `iot-target` has unacknowledged. */
const WINDOW = 1000;
const ROUNDS = 3;
const END_MS = 60_000;

function payloadOf(number: number): string {
  const plain = iotPayload(number, `m${number % METERS}`);
  return plain.replace('"tags":{}', `"tags":{"pad":"${'x'.repeat(RECORD_BYTES - plain.length)}"}`);
}

/** Records a second out of the outbox on disk. */
async function drain(port: number, payloads: readonly string[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'pm500-bench-iot-'));
  const outbox = openOutbox({ folder, limits: { maximumBytes: 1e9 }, clock: systemClock, logger: silentLogger });
  try {
    await outbox.append(payloads.map((payload) => ({ payload, acceptedAt: 0, origin: 'bench' })));
    const at = { host: '127.0.0.1', port };
    const destination = createIotDestination(
      { profile: 'broker', ...at, recordsPerMessage: 1, timeoutMs: 10_000 },
      {
        ...{ openLink: createOpenLink(connect, systemClock), clock: systemClock, random: seededRandom(1) },
        settingsOf: () => ({
          ...at,
          clientId: 'bench',
          keepAliveSeconds: 60,
          connectTimeoutMs: 5000,
          protocolVersion: 5,
        }),
      },
    );
    await destination.health?.(new AbortController().signal);
    const startedAt = performance.now();
    const delivery = new Delivery(
      {
        batch: { records: 5000, bytes: DEFAULT_BATCH_BYTES, flushMs: 0 },
        ...{ retry: DEFAULT_RETRY, recheckMs: DEFAULT_RECHECK_MS },
      },
      { outbox, destination, clock: systemClock, random: seededRandom(1), logger: silentLogger },
    );
    await waitFor('an empty outbox', () => outbox.stats().depth === 0, { everyMs: 5, timeoutMs: END_MS });
    const seconds = (performance.now() - startedAt) / 1000;
    await delivery.close();
    return payloads.length / seconds;
  } finally {
    await outbox.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Messages a second of MQTT.js used directly, from memory, with as many unacknowledged. */
async function publishDirectly(port: number, payloads: readonly string[]): Promise<number> {
  const client: MqttClient = await connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5 });
  const messages = payloads.map(readRecordText);
  const startedAt = performance.now();
  await new Promise<void>((resolve, reject) => {
    let [next, open, done] = [0, 0, 0];
    const go = (): void => {
      for (; open < WINDOW && next < messages.length; next += 1) {
        const { topic = '', json = '' } = messages[next] ?? {};
        open += 1;
        client.publish(topic, json, { qos: 1 }, (error) => {
          if (error instanceof Error) reject(error);
          open -= 1;
          done += 1;
          if (done === messages.length) resolve();
          else go();
        });
      }
    };
    go();
  });
  const seconds = (performance.now() - startedAt) / 1000;
  await client.endAsync();
  return payloads.length / seconds;
}

/** Records of 1 KB out of the outbox on disk to Mosquitto at QoS 1, against MQTT.js that sends the same from memory. */
export async function benchIotDelivery(): Promise<BenchLine[]> {
  const broker = await startMosquitto({ lines: ['max_inflight_messages 0'] });
  try {
    const payloads = Array.from({ length: RECORDS }, (_, number) => payloadOf(number));
    const rates: { ours: number; peer: number }[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      rates.push({ peer: await publishDirectly(broker.port, payloads), ours: await drain(broker.port, payloads) });
    }
    const best = (of: 'ours' | 'peer'): number => Math.max(...rates.map((rate) => rate[of]));
    return [
      {
        what: 'JSON over MQTT, QoS 1, messages/s',
        value: formatCount(best('ours')),
        ratio: best('ours') / best('peer'),
        peer: 'MQTT.js used directly, from memory',
        note: `${RECORDS} records of ${RECORD_BYTES} bytes of ${METERS} meters, from an outbox on disk`,
      },
    ];
  } finally {
    await broker.stop();
  }
}
