import { DEFAULTS } from '../../nodes/shared/forms';
import { entryOf } from '../../testkit/node-red/reference-flows';
import { alarmMeasurement } from '../../src/influx/alarm-points';
import { kpiMeasurement } from '../../src/influx/mapping';
import { LIVE_PAGE } from './dashboard';
import type { InfluxAccess } from './influx-access';
import { isVictoriaMetrics } from './influx-query';
import { buttonOf } from './provoke';
import type { Stage } from './stage';

const { influxMeasurement } = DEFAULTS['influx-out'];

/** Where something is in the database: a field of a measurement. */
interface Place {
  readonly measurement: string;
  readonly field: string;
}

const POWER: Place = { measurement: influxMeasurement, field: 'active_power_total' };
const KPI: Place = { measurement: kpiMeasurement(influxMeasurement), field: 'voltage_unbalance' };
const ALARM: Place = { measurement: alarmMeasurement(influxMeasurement), field: 'active' };

async function howToQuery(access: InfluxAccess, { measurement, field }: Place): Promise<string> {
  const url = access.url.replace(/\/$/, '');
  if (await isVictoriaMetrics(access)) {
    return `curl -s '${url}/api/v1/query?query=${measurement}_${field}'`;
  }
  const flux = `from(bucket:"${access.bucket}") |> range(start:-5m) |> filter(fn:(r) => r._measurement == "${measurement}" and r._field == "${field}") |> last()`;
  return `curl -s '${url}/api/v2/query?org=${access.org}' -H "Authorization: Token $INFLUX_TOKEN" -H 'Content-Type: application/vnd.flux' -d '${flux}'`;
}

/** Says where to look. */
export async function printGuide({ nodeRed, meterPort, broker, database, flow, hasDashboard }: Stage): Promise<void> {
  const { port } = new URL(broker.url);
  const group = String(entryOf(flow, 'sparkplug-edge')['groupId']);
  const lines = [
    '',
    ...(hasDashboard
      ? [`Dashboard ${nodeRed.url}${LIVE_PAGE}   values, phasors and alarms, live: look here first`]
      : []),
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
      ...(await Promise.all(
        [POWER, KPI, ALARM].map(async (place) => `            ${await howToQuery(database.access, place)}`),
      )),
    );
  }
  lines.push(
    '',
    'Look at   the words below the nodes, in the editor:',
    '            quality  "Active power", "Voltage L1-N": value and quality; "Normalize real time": how many are not good',
    '            KPIs     "Voltage unbalance", "Energy today"; in the database and in Sparkplug beside what was read',
    '            alarms   "Alarms": the one that is active; in words in the debug sidebar; Sparkplug: alarms/<id>/active',
    'Faults    press the button of a node in the editor, or:',
    ...(['phase-loss', 'overload'] as const).flatMap((fault) => {
      const { id, name = id } = buttonOf(flow, fault);
      return [`            curl -X POST ${nodeRed.url}inject/${id}   # ${name}`];
    }),
    '            a lost phase raises "Phase L1 is lost" after a second and clears it 5 s after the phase is back;',
    '            an overload turns values and KPIs bad, without a number, and then back to what they were',
  );
  console.log(lines.join('\n'));
}
