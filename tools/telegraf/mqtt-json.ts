import { TELEMETRY_SCHEMA } from '../../src/domain/messages/telemetry';
import { QUALITY_REASONS } from '../../src/domain/quality/quality';
import { METER_TAG, QUALITY_TAG } from '../../src/influx/mapping';
import { agent, heading, kindsOf, OUTPUT } from './common';

/** Messages that may be on their way to the database; times the metrics of one they fit into the buffer. */
export const UNDELIVERED_MESSAGES = 100;
const METRICS_OF_A_MESSAGE = 500;

const IS_TELEMETRY = `../schema = '${TELEMETRY_SCHEMA}'`;
const SECTION = 'inputs.mqtt_consumer.xpath';

function values(measurement: string, condition: string): string {
  return `
  [[${SECTION}]]
    metric_selection = "/metrics[${IS_TELEMETRY}]/*[quality != 'bad' and ${condition}]"
    metric_name = "'${measurement}'"
    timestamp = "/timestamp"
    timestamp_format = "unix_ms"
    field_selection = "."
    field_value = "value"
    # An absolute path would begin at the selected metric here.
    tag_selection = "../../meter/tags/*"
    [${SECTION}.tags]
      ${METER_TAG} = "/meter/name"
      ${QUALITY_TAG} = "quality"
`;
}

/** Bad values have no number; they are counted by reason. */
function missing(measurement: string, condition: string): string {
  const reasons = Object.entries(QUALITY_REASONS).filter(([, { quality }]) => quality === 'bad');
  const isMissing = (reason: string): string => `count(*[quality = 'bad' and ${reason} and ${condition}])`;
  const counts = [
    ...reasons.map(([reason]) => `      bad_${reason} = "${isMissing(`reason = '${reason}'`)}"`),
    `      bad_unexplained = "${isMissing('not(reason)')}"`,
  ];
  return `
  [[${SECTION}]]
    metric_selection = "/metrics[${IS_TELEMETRY} and *[quality = 'bad' and ${condition}]]"
    metric_name = "'${measurement}'"
    timestamp = "/timestamp"
    timestamp_format = "unix_ms"
    tag_selection = "../meter/tags/*"
    [${SECTION}.tags]
      ${METER_TAG} = "/meter/name"
      ${QUALITY_TAG} = "'bad'"
    [${SECTION}.fields]
${counts.join('\n')}
`;
}

/** Telemetry as JSON, as flows/assembly-to-mqtt.json publishes it. */
export function mqttJson(): string {
  const kinds = kindsOf('name()');
  return `${heading(
    `Telemetry as JSON (${TELEMETRY_SCHEMA}) of an MQTT broker, as flows/assembly-to-mqtt.json publishes it.`,
  )}${agent({ bufferLimit: UNDELIVERED_MESSAGES * METRICS_OF_A_MESSAGE })}
[[inputs.mqtt_consumer]]
  servers = ["\${MQTT_URL:-tcp://127.0.0.1:1883}"]
  topics = ["\${MQTT_TOPIC:-powermonitor/+/telemetry}"]
  username = "\${MQTT_USER:-}"
  password = "\${MQTT_PASSWORD:-}"
  # The authority of a broker with TLS (ssl://...:8883), where it is one of your own.
  tls_ca = "\${MQTT_TLS_CA:-}"
  # The broker keeps messages of QoS 1 for this client while Telegraf is away; one is acknowledged when it was written.
  qos = 1
  persistent_session = true
  client_id = "\${MQTT_CLIENT_ID:-telegraf-pm500-json}"
  max_undelivered_messages = ${UNDELIVERED_MESSAGES}
  topic_tag = ""

  data_format = "xpath_json"
  # Numbers, texts, true and false stay what they are.
  xpath_native_types = true
  # A message without a bad value, or of another kind, is no error.
  xpath_allow_empty_selection = true
${kinds.map(({ measurement, condition }) => values(measurement, condition)).join('')}${kinds
    .map(({ measurement, condition }) => missing(measurement, condition))
    .join('')}${OUTPUT}`;
}
