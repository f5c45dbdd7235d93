import { Writer } from 'protobufjs/minimal';
import { Pm500Error } from '../support/errors';
import { checkName, isCount, refuseCount } from './check-value';
import { DATATYPES, DATATYPE_NAMES } from './datatypes';
import { writePropertySet } from './encode-properties';
import { type ValueTags, writeValue } from './encode-value';
import type { EncodedPropertySet, Metric, Payload, PropertySet } from './model';
import { METRIC_TAGS, PAYLOAD_TAGS } from './wire';
import { writeSafeInteger } from './varint';

/**
 * - `birth`: every metric with name, alias (where it has one) and datatype
 * - `data`: no datatypes, and no name where there is an alias (payloads-alias-data-cmd-requirement)
 */
export type PayloadForm = 'birth' | 'data';

/** A buffer that one large message has grown beyond this is let go afterwards. */
const LARGEST_KEPT_BYTES = 1 << 18;
const LARGEST_SEQ = 255;

let spare: Writer | undefined;

/** Constants of this module: what every metric needs costs no look-up. */
const METRICS_TAG: number = PAYLOAD_TAGS.metrics;
const NAME_TAG: number = METRIC_TAGS.name;
const ALIAS_TAG: number = METRIC_TAGS.alias;
const TIMESTAMP_TAG: number = METRIC_TAGS.timestamp;
const DATATYPE_TAG: number = METRIC_TAGS.datatype;
const PROPERTIES_TAG: number = METRIC_TAGS.properties;
const VALUE_TAGS: ValueTags = METRIC_TAGS;

function isEncoded(properties: PropertySet | EncodedPropertySet): properties is EncodedPropertySet {
  return 'bytes' in properties && properties.bytes instanceof Uint8Array;
}

function nameOf(metric: Metric): string {
  return metric.name ?? `alias ${metric.alias ?? 'none'}`;
}

function refuseType(metric: Metric): never {
  throw new Pm500Error(
    'SPARKPLUG_VALUE_INVALID',
    `Sparkplug metric ${nameOf(metric)}: the type "${metric.type}" is not supported; use ${DATATYPE_NAMES.join(', ')}.`,
  );
}

/** Name and alias: in data the alias stands for the name. */
function writeIdentity(writer: Writer, metric: Metric, form: PayloadForm): void {
  const { name, alias } = metric;
  if (name === undefined ? alias === undefined : name === '') checkName('', 'a metric name');
  if (name !== undefined && (form === 'birth' || alias === undefined)) writer.uint32(NAME_TAG).string(name);
  if (alias === undefined) return;
  if (!isCount(alias)) refuseCount(alias, 'alias', nameOf(metric));
  writer.uint32(ALIAS_TAG);
  writeSafeInteger(writer, alias);
}

function writeProperties(writer: Writer, metric: Metric): void {
  const { properties } = metric;
  if (properties === undefined) return;
  writer.uint32(PROPERTIES_TAG);
  if (isEncoded(properties)) writer.bytes(properties.bytes);
  else {
    writer.fork();
    writePropertySet(writer, properties, `metric ${nameOf(metric)}`);
    writer.ldelim();
  }
}

function writeMetric(writer: Writer, metric: Metric, form: PayloadForm): void {
  const { timestamp, type, value } = metric;
  // A type that came from outside may be none.
  const row = DATATYPES[type] as (typeof DATATYPES)[typeof type] | undefined;
  if (row === undefined) refuseType(metric);
  writeIdentity(writer, metric, form);
  if (timestamp !== undefined) {
    if (!isCount(timestamp)) refuseCount(timestamp, 'timestamp', nameOf(metric));
    writer.uint32(TIMESTAMP_TAG);
    writeSafeInteger(writer, timestamp);
  }
  if (form === 'birth') writer.uint32(DATATYPE_TAG).uint32(row.code);
  if (metric.isHistorical === true) writer.uint32(METRIC_TAGS.isHistorical).bool(true);
  if (metric.isTransient === true) writer.uint32(METRIC_TAGS.isTransient).bool(true);
  if (value === null) writer.uint32(METRIC_TAGS.isNull).bool(true);
  writeProperties(writer, metric);
  if (value !== null) writeValue(writer, VALUE_TAGS, type, row.field, value, metric.name ?? nameOf(metric));
}

function writePayload(writer: Writer, payload: Payload, form: PayloadForm): void {
  const { timestamp, metrics, seq, uuid, body } = payload;
  if (timestamp !== undefined) {
    if (!isCount(timestamp)) refuseCount(timestamp, 'timestamp', 'a payload');
    writer.uint32(PAYLOAD_TAGS.timestamp);
    writeSafeInteger(writer, timestamp);
  }
  for (const metric of metrics) {
    writer.uint32(METRICS_TAG).fork();
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
export function encodePayload(payload: Payload, form: PayloadForm = 'birth'): Uint8Array {
  // One writer serves all messages: its buffer has grown to their size already. A failed one is not used again.
  const writer = spare ?? Writer.create();
  spare = undefined;
  writePayload(writer, payload, form);
  const bytes = writer.finish();
  if (writer.buf.length <= LARGEST_KEPT_BYTES) spare = writer.reset();
  return bytes;
}
