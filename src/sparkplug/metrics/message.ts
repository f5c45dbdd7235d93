import { MOST_METRICS } from '../../domain/messages/parts';
import { readMessage } from '../../domain/messages/read-message';
import { toPm500Error } from '../../support/errors';
import { Expect, type UnknownRecord, isRecord } from '../../support/expect';
import { alarmMetricsOf } from './alarm-metrics';
import { type MetricCondition, conditionOf, customCondition } from './metric-condition';
import { type MetricSample, metricsOf } from './metrics';
import { nameplateOf } from './nameplate';
import { DATATYPE_NAMES, type Datatype, type MetricValue, type Property, isDatatype } from '../codec/payload';

/** What a message says of a device. */
export interface DeviceUpdate {
  /** The name of the meter, or `payload.deviceId`; undefined when the message names none. */
  readonly deviceId?: string;
  /** Empty for messages that say nothing a host could use. */
  readonly samples: readonly MetricSample[];
  /** Whether the meter is lost; undefined when the message does not tell. */
  readonly isLost?: boolean;
}

const expect = new Expect('MESSAGE_INVALID', 'see the help of sparkplug-out.');
const NO_DESCRIPTION = Object.freeze({});
/** Beyond this somebody sends something else by mistake, and everything would wait for it. */
const MOST_PROPERTIES = 100;
/** Characters of a name, and of a text; bytes of a value. */
const MOST_NAME = 65_535;
const MOST_SIZE = 10_000_000;

function isMetricValue(value: unknown): value is MetricValue {
  return (
    value === null || ['number', 'bigint', 'boolean', 'string'].includes(typeof value) || value instanceof Uint8Array
  );
}

function readValue(path: string, value: unknown): MetricValue {
  if (value instanceof Date) return value.getTime();
  if ((typeof value === 'string' || value instanceof Uint8Array) && value.length > MOST_SIZE) {
    return expect.fail(path, `${value.length} characters or bytes`, `at most ${MOST_SIZE}`);
  }
  return isMetricValue(value) ? value : expect.fail(path, value, 'a number, bigint, text, true, false, bytes or null');
}

function typeOfValue(path: string, value: MetricValue): Datatype {
  if (typeof value === 'number') return 'Double';
  if (typeof value === 'bigint') return 'Int64';
  if (typeof value === 'boolean') return 'Boolean';
  if (typeof value === 'string') return 'String';
  return value === null ? expect.fail(path, undefined, 'a type where the value is null') : 'Bytes';
}

function readType(path: string, type: unknown, value: MetricValue): Datatype {
  if (type === undefined) return typeOfValue(path, value);
  return isDatatype(type) ? type : expect.fail(path, type, `one of ${DATATYPE_NAMES.join(', ')}`);
}

function readProperty(path: string, key: string, given: unknown): Property {
  if (isRecord(given) && 'type' in given) {
    const value = readValue(`${path}.value`, given['value']);
    return { type: readType(`${path}.type`, given['type'], value), value };
  }
  const value = readValue(path, given);
  return { type: key === 'Quality' ? 'Int32' : typeOfValue(path, value), value };
}

function readCondition(path: string, properties: unknown): MetricCondition {
  if (properties === undefined) return conditionOf('good');
  const entries = Object.entries(expect.record(path, properties));
  if (entries.length > MOST_PROPERTIES) expect.fail(path, properties, `at most ${MOST_PROPERTIES} properties`);
  return customCondition(
    Object.fromEntries(entries.map(([key, given]) => [key, readProperty(`${path}.${key}`, key, given)])),
  );
}

function readTimestamp(path: string, timestamp: unknown, now: number): number {
  if (timestamp === undefined) return now;
  return expect.finite(path, timestamp instanceof Date ? timestamp.getTime() : timestamp);
}

function readMetric(path: string, given: UnknownRecord, now: number): MetricSample {
  const name = expect.text(`${path}.name`, given['name']);
  if (name === '') expect.fail(`${path}.name`, name, 'text that is not empty');
  if (name.length > MOST_NAME) expect.fail(`${path}.name`, name, `at most ${MOST_NAME} characters`);
  const value = readValue(`${path}.value`, given['value']);
  return {
    name,
    type: readType(`${path}.type`, given['type'], value),
    value,
    timestamp: readTimestamp(`${path}.timestamp`, given['timestamp'], now),
    description: NO_DESCRIPTION,
    condition: readCondition(`${path}.properties`, given['properties']),
  };
}

/**
 * Reads what `sparkplug-out` accepts: telemetry or an alarm of `pm500-normalize`, or an object with `metrics`, an array of
 * `{name, value, type, timestamp, properties}`; diagnostics and layout checks are passed over. Type and timestamp may be
 * left out, then the value decides and it is now.
 * @param now epoch milliseconds UTC
 * @throws Pm500Error MESSAGE_INVALID, SPARKPLUG_VALUE_INVALID
 */
export function parseDeviceMessage(payload: unknown, now: number): DeviceUpdate {
  if (!isRecord(payload))
    return expect.fail('payload', payload, 'telemetry of pm500-normalize, or an object with metrics');
  const message = readMessage(payload);
  switch (message?.kind) {
    case 'telemetry': {
      const { meter, timestamp } = message.telemetry;
      const samples = [...nameplateOf(meter, timestamp), ...metricsOf(message.telemetry)];
      return { deviceId: meter.name, samples, isLost: meter.lostSince !== undefined };
    }
    case 'alarm':
      return { deviceId: message.alarm.meter.name, samples: alarmMetricsOf(message.alarm) };
    case 'side':
      return { samples: [] };
    case undefined:
      return parseMetrics(payload, now);
  }
}

function parseMetrics(payload: UnknownRecord, now: number): DeviceUpdate {
  const metrics = expect.array('payload.metrics', payload['metrics']);
  if (metrics.length === 0) expect.fail('payload.metrics', metrics, 'at least one metric');
  if (metrics.length > MOST_METRICS) expect.fail('payload.metrics', metrics, `at most ${MOST_METRICS} metrics`);
  try {
    // By place: an array may have holes, which its own functions pass over.
    const samples = Array.from(metrics, (metric, index) => {
      const path = `payload.metrics[${index}]`;
      return readMetric(path, expect.record(path, metric), now);
    });
    if (payload['deviceId'] === undefined) return { samples };
    return { deviceId: expect.text('payload.deviceId', payload['deviceId']), samples };
  } catch (thrown) {
    throw toPm500Error(thrown, 'MESSAGE_INVALID');
  }
}
