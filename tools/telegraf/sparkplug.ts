import { METER_TAG, QUALITY_TAG } from '../../src/influx/mapping';
import { agent, heading, kindsOf, MEASUREMENTS, OUTPUT } from './common';
import { UNDELIVERED_MESSAGES } from './mqtt-json';

/** What the measurement is called that tells of metrics which cannot be read here. */
export const UNREAD_MEASUREMENT = `${MEASUREMENTS.read}_unread`;
export const PROTO_FILE = 'sparkplug_b.proto';
/** The name that the definition of Eclipse Tahu has too, so that either file will do. */
export const PROTO_PACKAGE = 'org.eclipse.tahu.protobuf';

const METRICS_OF_A_MESSAGE = 500;
const SECTION = 'inputs.mqtt_consumer.xpath';
/** `Quality` of a value that is uncertain; a good one says nothing, or 192 (docs/sparkplug.md). */
const IS_UNCERTAIN = 'properties/values/int_value = 500';
/** What is no value of the meter: its nameplate, and alarms. */
const IS_VALUE = "not(starts-with(name, 'Properties/')) and not(starts-with(name, 'alarms/'))";

function values(measurement: string, condition: string, quality: 'good' | 'uncertain'): string {
  const judged = quality === 'good' ? `not(${IS_UNCERTAIN})` : IS_UNCERTAIN;
  return `
  [[${SECTION}]]
    metric_selection = "/metrics[name and not(is_null = 'true') and ${IS_VALUE} and ${judged} and ${condition}]"
    metric_name = "'${measurement}'"
    timestamp = "timestamp"
    timestamp_format = "unix_ms"
    # Integers are left out: a negative one travels as a large positive one.
    field_selection = "float_value | double_value | boolean_value | string_value"
    field_name = "string(../name)"
    field_value = "."
    [${SECTION}.tags]
      ${QUALITY_TAG} = "'${quality}'"
`;
}

/** Bad values are null; how many a message has is counted. */
function missing(measurement: string, condition: string): string {
  const isMissing = `name and is_null = 'true' and ${IS_VALUE} and ${condition}`;
  return `
  [[${SECTION}]]
    metric_selection = "/seq[../metrics[${isMissing}]]"
    metric_name = "'${measurement}'"
    timestamp = "/timestamp"
    timestamp_format = "unix_ms"
    [${SECTION}.tags]
      ${QUALITY_TAG} = "'bad'"
    [${SECTION}.fields]
      bad_unexplained = "count(../metrics[${isMissing}])"
`;
}

function topicParsing(message: string): string {
  return `
  [[inputs.mqtt_consumer.topic_parsing]]
    topic = "spBv1.0/+/${message}/+/+"
    tags = "_/_/_/_/${METER_TAG}"
`;
}

/** Births and data of the devices of a Sparkplug edge node that sends names and no aliases. */
export function sparkplug(): string {
  const kinds = kindsOf('name');
  const good = kinds.map(({ measurement, condition }) => values(measurement, condition, 'good'));
  const uncertain = kinds.map(({ measurement, condition }) => values(measurement, condition, 'uncertain'));
  return `${heading(
    'Metrics of a Sparkplug B edge node. Telegraf keeps no births, so it cannot tell what an alias stands for: tick "Names in',
    `every message, no aliases" in sparkplug-edge, and leave "Metrics" at "one by one". Points in ${UNREAD_MEASUREMENT} say`,
    `that somebody sends aliases or templates all the same. ${PROTO_FILE} has to stand in the folder that Telegraf is started in, or in`,
    'PM500_PROTO_FOLDER.',
  )}${agent({ bufferLimit: UNDELIVERED_MESSAGES * METRICS_OF_A_MESSAGE })}
[[inputs.mqtt_consumer]]
  servers = ["\${MQTT_URL:-tcp://127.0.0.1:1883}"]
  topics = [
    "spBv1.0/\${SPARKPLUG_GROUP:-+}/DBIRTH/+/+",
    "spBv1.0/\${SPARKPLUG_GROUP:-+}/DDATA/+/+",
  ]
  username = "\${MQTT_USER:-}"
  password = "\${MQTT_PASSWORD:-}"
  # The authority of a broker with TLS (ssl://...:8883), where it is one of your own.
  tls_ca = "\${MQTT_TLS_CA:-}"
  # Sparkplug publishes with QoS 0: what comes while Telegraf is away is gone.
  qos = 0
  max_undelivered_messages = ${UNDELIVERED_MESSAGES}
  topic_tag = ""

  data_format = "xpath_protobuf"
  xpath_protobuf_files = ["${PROTO_FILE}"]
  xpath_protobuf_import_paths = ["\${PM500_PROTO_FOLDER:-.}"]
  xpath_protobuf_type = "${PROTO_PACKAGE}.Payload"
  xpath_native_types = true
  # A message without a bad value, or with nothing that is measured, is no error.
  xpath_allow_empty_selection = true
${[...good, ...uncertain].join('')}${kinds
    .map(({ measurement, condition }) => missing(measurement, condition))
    .join('')}
  [[${SECTION}]]
    metric_selection = "/seq[../metrics[not(name) or template_value]]"
    metric_name = "'${UNREAD_MEASUREMENT}'"
    timestamp = "/timestamp"
    timestamp_format = "unix_ms"
    [${SECTION}.fields]
      unnamed = "count(../metrics[not(name)])"
      in_templates = "count(../metrics[template_value])"
${topicParsing('DBIRTH')}${topicParsing('DDATA')}${OUTPUT}`;
}
