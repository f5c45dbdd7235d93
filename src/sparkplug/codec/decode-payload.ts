import { Reader } from 'protobufjs/minimal';
import { Pm500Error } from '../../support/errors';
import { readBytes, readEnd, readMessage, readText } from './decode-fields';
import { type Draft, readMetric } from './decode-metric';
import type { DecodedMetric, DecodedPayload } from './model';
import { PAYLOAD_TAGS } from './wire';
import { readSafeInteger } from './varint';

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
