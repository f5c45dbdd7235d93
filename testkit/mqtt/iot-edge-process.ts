import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectMqtt } from '../../src/mqtt/mqtt-connect';
import { Delivery } from '../../src/delivery/delivery';
import { createIotDestination } from '../../src/iot/destination';
import { PROFILE_LIMITS } from '../../src/iot/profiles';
import { Recorder } from '../../src/iot/recorder';
import { Sequences } from '../../src/iot/sequence';
import { TopicTemplate } from '../../src/iot/topic-template';
import { createOpenLink } from '../../src/mqtt/mqtt-link';
import { openOutbox } from '../../src/outbox/disk';
import { systemClock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { plantReading, RecordedPlant } from '../meters/plant-readings';
import { telemetryOf } from '../meters/telemetry';

/**
 * An edge in a process of its own, to be killed: `iot-edge-process.ts FOLDER PORT START FROM COUNT` reads a simulated meter COUNT
 * times, from the reading FROM on, one each second of its time since START, and says `accepted N` once the records of a
 * reading are on the disk. It sends them to AWS IoT Core at PORT as `mill-1`, with the certificate in FOLDER, and says `empty`
 * each time nothing waits.
 */
const [folder = '', port = '', startMs = '', from = '', count = ''] = process.argv.slice(2);
const file = (name: string): string => readFileSync(join(folder, name), 'utf8');
const at = { host: '127.0.0.1', port: Number(port) };
const outbox = openOutbox({
  ...{ folder: join(folder, 'outbox'), limits: { maximumBytes: 1e8 } },
  ...{ clock: systemClock, logger: silentLogger },
});
const destination = createIotDestination(
  { profile: 'aws-iot-core', ...at, recordsPerMessage: 10, timeoutMs: 1000 },
  {
    ...{ openLink: createOpenLink(connectMqtt, systemClock), clock: systemClock, random: Math.random },
    settingsOf: () => ({
      ...{ ...at, clientId: 'mill-1', keepAliveSeconds: 60, connectTimeoutMs: 5000, protocolVersion: 5 },
      tls: { cert: file('certificate.pem'), key: file('key.pem'), ca: file('ca.pem'), rejectUnauthorized: true },
    }),
  },
);
new Delivery(
  {
    batch: { records: 100, bytes: 100_000, flushMs: 20 },
    ...{ retry: { initialMs: 50, maximumMs: 200, factor: 2, jitter: 0.2 }, recheckMs: 200 },
  },
  { outbox, destination, clock: systemClock, random: Math.random, logger: silentLogger },
);
const recorder = new Recorder(
  {
    template: new TopicTemplate('pm500/{client}/{meter}/{kind}', () => 'mill-1', PROFILE_LIMITS['aws-iot-core']),
    ...{ naming: 'snake_case', withEvents: false },
  },
  new Sequences(Math.random),
  () => 0,
);
const plant = new RecordedPlant(Number(startMs));

async function work(): Promise<void> {
  for (let number = Number(from); number < Number(from) + Number(count); number++) {
    const time = Number(startMs) + number * 1000;
    const counters = { active: Math.round(plant.energyAt(time)), reactive: 0 };
    const values = plantReading(plant, time, counters).blocks.map((block) => block.values);
    const telemetry = telemetryOf(time, Object.assign({}, ...values) as (typeof values)[number]);
    const records = recorder.take(telemetry);
    await outbox.append(records.map((payload) => ({ payload, acceptedAt: Date.now(), origin: 'test' })));
    console.log(`accepted ${number}`);
  }
}
void work();
setInterval(() => {
  if (outbox.stats().depth === 0) console.log('empty');
}, 50);
