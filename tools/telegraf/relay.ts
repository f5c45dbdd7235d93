import { agent, heading, OUTPUT } from './common';

/** Metrics that the relay takes before the database has them; beyond it answers 429, and they wait in the outbox. */
const UNDELIVERED = 20_000;

/** A relay for what influx-out writes: nothing is changed on the way. */
export function relay(): string {
  return `${heading(
    'A relay between influx-out and a database: flows/telegraf-relay.json writes to it. It answers 204 before anything is',
    'written and keeps points in memory: docs/telegraf.md says what that costs.',
  )}${agent({ bufferLimit: 2 * UNDELIVERED })}
[[inputs.influxdb_v2_listener]]
  service_address = "\${PM500_LISTEN:-127.0.0.1:8186}"
  # The token in the settings of influx-target.
  token = "\${PM500_RELAY_TOKEN:?choose a token and enter it in influx-target too}"
  # Below metric_buffer_limit: what finds no room is refused (429) and waits on the disk of Node-RED, and is not dropped here.
  max_undelivered_metrics = ${UNDELIVERED}
${OUTPUT}`;
}
