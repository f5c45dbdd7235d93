import { Writer } from 'protobufjs/minimal';
import { Pm500Error } from '../../support/errors';
import { isCount, refuseCount } from './check-value';
import { BIRTH_FORM, type PayloadForm, writeMetric } from './encode-metric';
import type { Payload } from './model';
import { PAYLOAD_TAGS } from './wire';
import { writeSafeInteger } from './varint';

/** A buffer that one large message has grown beyond this is let go afterward. */
const LARGEST_KEPT_BYTES = 1 << 18;
const LARGEST_SEQ = 255;

let spare: Writer | undefined;

function writePayload(writer: Writer, payload: Payload, form: PayloadForm): void {
  const { timestamp, metrics, seq, uuid, body } = payload;
  if (timestamp !== undefined) {
    if (!isCount(timestamp)) refuseCount(timestamp, 'timestamp', 'a payload');
    writer.uint32(PAYLOAD_TAGS.timestamp);
    writeSafeInteger(writer, timestamp);
  }
  for (const metric of metrics) {
    writer.uint32(PAYLOAD_TAGS.metrics).fork();
    writeMetric(writer, metric, form);
    writer.ldelim();
  }
  if (seq !== undefined) {
    if (!Number.isInteger(seq) || seq < 0 || seq > LARGEST_SEQ) {
      throw new Pm500Error('SPARKPLUG_VALUE_INVALID', `Sparkplug: seq is ${seq}; it runs from 0 to ${LARGEST_SEQ}.`);
    }
    writer.uint32(PAYLOAD_TAGS.seq).uint32(seq);
  }
  if (uuid !== undefined) writer.uint32(PAYLOAD_TAGS.uuid).string(uuid);
  if (body !== undefined) writer.uint32(PAYLOAD_TAGS.body).bytes(body);
}

/**
 * A payload as protobuf bytes, which belong to the caller. Fields stand in the order of their numbers.
 * @throws Pm500Error SPARKPLUG_VALUE_INVALID when a name, time, datatype or value cannot be written exactly
 */
export function encodePayload(payload: Payload, form: PayloadForm = BIRTH_FORM): Uint8Array {
  // One writer serves all messages: its buffer has grown to their size already. A failed one is not used again.
  const writer = spare ?? Writer.create();
  spare = undefined;
  writePayload(writer, payload, form);
  const bytes = writer.finish();
  if (writer.buf.length <= LARGEST_KEPT_BYTES) spare = writer.reset();
  return bytes;
}
