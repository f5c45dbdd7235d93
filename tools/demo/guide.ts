import { DEFAULTS } from '../../nodes/shared/defaults';
import { entryOf } from '../../test/support/reference-flows';
import { isVictoriaMetrics, type InfluxAccess } from './influx-query';
import type { Stage } from './stage';

const { influxMeasurement } = DEFAULTS['influx-out'];

async function howToQuery(access: InfluxAccess): Promise<string> {
  const url = access.url.replace(/\/$/, '');
  if (await isVictoriaMetrics(access)) {
    return `curl -s '${url}/api/v1/query?query=${influxMeasurement}_active_power_total'`;
  }
  const flux = `from(bucket:"${access.bucket}") |> range(start:-5m) |> filter(fn:(r) => r._measurement == "${influxMeasurement}" and r._field == "active_power_total") |> last()`;
  return `curl -s '${url}/api/v2/query?org=${access.org}' -H "Authorization: Token $INFLUX_TOKEN" -H 'Content-Type: application/vnd.flux' -d '${flux}'`;
}

/** Says where to look. */
export async function printGuide({ nodeRed, meterPort, broker, database, flow }: Stage): Promise<void> {
  const { port } = new URL(broker.url);
  const group = String(entryOf(flow, 'sparkplug-edge')['groupId']);
  const lines = [
    '',
    `Editor    ${nodeRed.url}   the flow "First meter" with live status`,
    `Meter     127.0.0.1:${meterPort}, simulated, with the recorded load of a steel plant`,
    `            npx pm500 read 127.0.0.1 --port ${meterPort}`,
    `Broker    ${broker.url}, Sparkplug group "${group}" (payloads are protobuf)`,
    `            npx mqtt subscribe -v -h 127.0.0.1 -p ${port} -t 'spBv1.0/#'`,
  ];
  if (database === undefined) {
    lines.push(
      'Database  none: points wait in the outbox, the status of "To InfluxDB" says how many',
      '            give INFLUX_URL, INFLUX_TOKEN, INFLUX_ORG and INFLUX_BUCKET, or install victoria-metrics',
    );
  } else {
    lines.push(
      `Database  ${database.access.url}, ${database.label}`,
      `            ${await howToQuery(database.access)}`,
    );
  }
  console.log(lines.join('\n'));
}
