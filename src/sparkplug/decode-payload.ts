import { Reader } from 'protobufjs/minimal';
import { Pm500Error } from '../support/errors';
import { datatypeOfCode } from './datatypes';
import { readBytes, readEnd, readFlag, readMessage, readRawValue, readText, readUint32 } from './decode-fields';
import { readPropertySet } from './decode-properties';
import { interpretValue } from './decode-value';
import type { DecodedMetric, DecodedPayload, RawValue } from './model';
import { METRIC_TAGS, PAYLOAD_TAGS } from './wire';
import { readBigInt, readSafeInteger } from './varint';

type Draft<Message> = { -readonly [Key in keyof Message]: Message[Key] };

const UNSUPPORTED: ReadonlyMap<number, 'dataset' | 'template' | 'extension'> = new Map([
  [METRIC_TAGS.dataset, 'dataset'],
  [METRIC_TAGS.template, 'template'],
  [METRIC_TAGS.extension, 'extension'],
]);

function readValueField(reader: Reader, tag: number, end: number): RawValue | undefined {
  const unsupported = UNSUPPORTED.get(tag);
  if (unsupported === undefined) return readRawValue(reader, tag, METRIC_TAGS, end);
  reader.pos = readEnd(reader, end);
  return { field: 'unsupported', content: unsupported };
}

function readMetricField(reader: Reader, tag: number, end: number, metric: Draft<DecodedMetric>): boolean {
  switch (tag) {
    case METRIC_TAGS.name:
      metric.name = readText(reader, end);
      return true;
    case METRIC_TAGS.alias:
      metric.alias = readBigInt(reader, end);
      return true;
    case METRIC_TAGS.timestamp:
      metric.timestamp = readSafeInteger(reader, end);
      return true;
    case METRIC_TAGS.datatype:
      metric.datatype = readUint32(reader, end);
      return true;
    case METRIC_TAGS.isHistorical:
      metric.isHistorical = readFlag(reader, end);
      return true;
    case METRIC_TAGS.isTransient:
      metric.isTransient = readFlag(reader, end);
      return true;
    case METRIC_TAGS.isNull:
      metric.isNull = readFlag(reader, end);
      return true;
    case METRIC_TAGS.properties:
      metric.properties = readPropertySet(reader, readEnd(reader, end));
      return true;
    default: {
      const raw = readValueField(reader, tag, end);
      if (raw !== undefined) metric.raw = raw;
      return raw !== undefined;
    }
  }
}

function readMetric(reader: Reader, end: number): DecodedMetric {
  const metric: Draft<DecodedMetric> = { isHistorical: false, isTransient: false, isNull: false };
  readMessage(reader, end, (tag) => readMetricField(reader, tag, end, metric));
  const type = metric.datatype === undefined ? undefined : datatypeOfCode(metric.datatype);
  if (metric.isNull) metric.value = null;
  else if (type !== undefined && metric.raw !== undefined) {
    const value = interpretValue(type, metric.raw);
    if (value === undefined) throw new RangeError(`the value of metric "${metric.name ?? '?'}" is not a valid ${type}`);
    metric.value = value;
  }
  return metric;
}

function readPayload(bytes: Uint8Array): DecodedPayload {
  const reader = Reader.create(bytes);
  const end = bytes.length;
  const metrics: DecodedMetric[] = [];
  const payload: Draft<DecodedPayload> = { metrics };
  readMessage(reader, end, (tag) => {
    switch (tag) {
      case PAYLOAD_TAGS.timestamp:
        payload.timestamp = readSafeInteger(reader, end);
        return true;
      case PAYLOAD_TAGS.metrics:
        metrics.push(readMetric(reader, readEnd(reader, end)));
        return true;
      case PAYLOAD_TAGS.seq:
        payload.seq = readSafeInteger(reader, end);
        return true;
      case PAYLOAD_TAGS.uuid:
        payload.uuid = readText(reader, end);
        return true;
      case PAYLOAD_TAGS.body:
        payload.body = readBytes(reader, end);
        return true;
      default:
        return false;
    }
  });
  return payload;
}

/**
 * Decodes a payload. Unknown fields are passed over; a metric without a datatype (data, commands) has only its raw
 * value, which `interpretValue` reads once the datatype is known from the birth.
 * @throws Pm500Error SPARKPLUG_PAYLOAD_INVALID when the bytes are not a Sparkplug B payload
 */
export function decodePayload(bytes: Uint8Array): DecodedPayload {
  try {
    return readPayload(bytes);
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new Pm500Error(
      'SPARKPLUG_PAYLOAD_INVALID',
      `A message of ${bytes.length} bytes is not a Sparkplug B payload (${reason}); check which program publishes it.`,
      { cause: thrown },
    );
  }
}
