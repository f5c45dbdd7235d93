import { connectMqtt } from '../../src/mqtt/mqtt-connect';
import type { Destination } from '../../src/delivery/destination';
import { createIotDestination, type IotSettings } from '../../src/iot/destination';
import { recordText } from '../../src/iot/record-text';
import { IOT_TELEMETRY_SCHEMA, type IotTelemetry } from '../../src/iot/contracts';
import { createOpenLink } from '../../src/mqtt/mqtt-link';
import type { BrokerSettings } from '../../src/mqtt/mqtt-options';
import { systemClock } from '../../src/support/clock';
import { seededRandom } from '../../src/support/random';

/** A destination over MQTT.js to a broker of a test. */
export function iotDestination(
  port: number,
  change: Partial<IotSettings> = {},
  broker: Partial<Pick<BrokerSettings, 'protocolVersion' | 'clientId' | 'connectTimeoutMs'>> = {},
): Destination {
  const { protocolVersion = 5, clientId = 'edge', connectTimeoutMs = 5000 } = broker;
  const at = { host: '127.0.0.1', port };
  const settings: IotSettings = {
    profile: 'broker',
    ...at,
    recordsPerMessage: 1,
    timeoutMs: 5000,
    calm: { initialMs: 1, maximumMs: 2, factor: 1, jitter: 0 },
    ...change,
  };
  return createIotDestination(settings, {
    openLink: createOpenLink(connectMqtt, systemClock),
    clock: systemClock,
    random: seededRandom(3),
    settingsOf: () => ({ ...at, clientId, keepAliveSeconds: 60, connectTimeoutMs, protocolVersion }),
  });
}

/** A record of a meter with a number, as the outbox has it. */
export function iotPayload(number: number, meter = 'm1', topic = `pm500/${meter}`): string {
  const record: IotTelemetry = {
    schema: IOT_TELEMETRY_SCHEMA,
    meter,
    tags: {},
    timestamp: 1_800_000_000_000 + number,
    sequence: number,
    quality: 'good',
    metrics: { voltage_l1_n: 230 },
    qualities: {},
    reasons: {},
  };
  return recordText(topic, record);
}
