import { DEFAULTS } from '../../nodes/shared/defaults';
import type { Telemetry } from '../../src/domain/telemetry';
import { GROUPS } from '../../src/meter/groups';
import type { EditorChannel, NodeStatusSeen } from '../../test/support/node-red-channel';
import { waitFor } from '../../test/support/wait';
import { asNumber, comparePublished, compareStored } from './compare';
import type { Database } from './database';
import { queryStored, type StoredFields } from './influx-query';
import type { Report } from './report';
import type { SparkplugWatch } from './sparkplug-watch';
import { countPoints, metricsOfGroup, TELEMETRY_DEBUG, telemetryShown } from './telemetry-watch';

/** The writer collects for a second before it sends; a database may take as long to show what it has. */
const ARRIVAL_MS = 10_000;

function countSamples(stored: StoredFields): number {
  return [...stored.values()].reduce((sum, samples) => sum + samples.size, 0);
}

/** Every value that the flow sent to the database is there and agrees with what the broker carried. */
export async function checkDatabase(
  report: Report,
  database: Database,
  telemetries: readonly Telemetry[],
  watch: SparkplugWatch,
  status: NodeStatusSeen,
): Promise<void> {
  const [first] = telemetries;
  const until = Math.max(...telemetries.map(({ timestamp }) => timestamp));
  if (first === undefined) return;
  const query = {
    influxMeasurement: DEFAULTS['influx-out'].influxMeasurement,
    meter: first.meter.name,
    since: Math.min(...telemetries.map(({ timestamp }) => timestamp)),
  };
  let stored: StoredFields = new Map();
  try {
    await waitFor(
      'all values in the database',
      async () => {
        stored = await queryStored(database.access, query);
        return compareStored(telemetries, stored).differences.length === 0;
      },
      { timeoutMs: ARRIVAL_MS, everyMs: 500 },
    );
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    report.expect(false, `${why} influx-out shows "${status.text ?? ''}"`);
  }
  const written = compareStored(telemetries, stored);
  report.say(`database  ${database.label}`);
  report.say(
    `          ${countPoints(telemetries)} points sent, ${countSamples(stored)} samples of ${stored.size} fields found`,
  );
  report.expectNone('database', written.differences);
  for (const { name } of GROUPS) {
    const fields = metricsOfGroup(name).filter((metric) => stored.has(metric));
    const samples = fields.reduce((sum, field) => sum + (stored.get(field)?.size ?? 0), 0);
    const isText = !telemetries.some(({ metrics }) =>
      metricsOfGroup(name).some((m) => asNumber(metrics[m]?.value) !== undefined),
    );
    report.say(
      `          ${name.padEnd(9)} ${samples} samples of ${fields.length} fields${isText ? ' (text: some databases keep numbers only)' : ''}`,
    );
    report.expect(samples > 0 || isText, `no sample of group ${name} in the database`);
  }
  const agreement = comparePublished(watch.metrics, stored, until);
  report.say(
    `agreement ${agreement.compared} values compared between broker and database, ${agreement.differences.length} differ`,
  );
  report.expect(agreement.compared > 0, 'no value to compare between broker and database');
  report.expectNone('broker and database differ', agreement.differences);
}

/** Without a database: the outbox holds a point for everything that was read, as the status of the node says. */
export async function checkOutbox(report: Report, channel: EditorChannel, sinkId: string): Promise<void> {
  const shown = (): number => Number((channel.status(sinkId).text ?? '').replace(/\D/g, '') || Number.NaN);
  const expected = (): number => countPoints(telemetryShown(channel, TELEMETRY_DEBUG));
  report.say('database  none at hand (no INFLUX_URL, no victoria-metrics on the PATH): points wait in the outbox');
  const held = await waitFor('the outbox', () => shown() > 0 && shown() === expected() && shown(), {
    timeoutMs: ARRIVAL_MS,
  }).catch(() => undefined);
  const status = channel.status(sinkId).text ?? '';
  if (held !== undefined) report.say(`          ${held} points made, ${held} points in the outbox ("${status}")`);
  report.expect(held !== undefined, `influx-out shows "${status}" where ${expected()} points were made`);
}
