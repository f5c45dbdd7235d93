import { DEFAULTS } from '../../nodes/shared/forms';
import type { Telemetry } from '../../src/domain/messages/telemetry';
import { GROUPS } from '../../src/meters/pm500/groups';
import type { NodeStatusSeen } from '../../testkit/node-red/node-red-channel';
import { waitFor } from '../../testkit/wait';
import { asNumber, comparePublished, compareStored } from './compare';
import type { Database } from './database';
import { querySamples } from './influx-query';
import type { Report } from './report';
import type { SeenMetric } from './sparkplug-watch';
import type { Stage } from './stage';
import { NOTHING_STORED, type StoredFields, type StoredSamples } from './stored-samples';
import { countPoints, metricsOfGroup } from './telemetry-watch';
import { acknowledgedBy, alarmsAcknowledgedBy } from './witness';

/** The writer collects for a second before it sends; a database may take as long to show what it has. */
const ARRIVAL_MS = 20_000;

function countSamples(stored: StoredFields): number {
  return [...stored.values()].reduce((sum, samples) => sum + samples.size, 0);
}

export interface DatabaseEvidence {
  readonly database: Database;
  /** What `influx-out` has acknowledged. */
  readonly queued: readonly Telemetry[];
  /** What the broker carried and the database must have too. */
  readonly published: readonly SeenMetric[];
  readonly status: NodeStatusSeen;
}

/**
 * Every value that the flow sent to the database is there and agrees with what the broker carried.
 * @returns what the database holds
 */
export async function checkDatabase(report: Report, evidence: DatabaseEvidence): Promise<StoredSamples> {
  const { database, queued: telemetries, published, status } = evidence;
  const [first] = telemetries;
  const until = Math.max(...telemetries.map(({ timestamp }) => timestamp));
  let samples: StoredSamples = NOTHING_STORED;
  if (first === undefined) return samples;
  const query = {
    influxMeasurement: DEFAULTS['influx-out'].influxMeasurement,
    meter: first.meter.name,
    since: Math.min(...telemetries.map(({ timestamp }) => timestamp)),
  };
  try {
    await waitFor(
      'all values in the database',
      async () => {
        samples = await querySamples(database.access, query);
        return compareStored(telemetries, samples).differences.length === 0;
      },
      { timeoutMs: ARRIVAL_MS, everyMs: 500 },
    );
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    report.expect(false, `${why} influx-out shows "${status.text ?? ''}"`);
  }
  const stored = samples.fields;
  const written = compareStored(telemetries, samples);
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
  const agreement = comparePublished(published, stored, until, telemetries);
  report.say(
    `agreement ${agreement.compared} values compared between broker and database, ${agreement.differences.length} differ`,
  );
  report.expect(agreement.compared > 0, 'no value to compare between broker and database');
  report.expectNone('broker and database differ', agreement.differences);
  return samples;
}

/**
 * Without a database: the outbox holds a point for everything that was read, as the status of the node says. What was
 * read while nobody watched, just after a restart, is there as well.
 */
export async function checkOutbox(report: Report, stage: Stage, sinkId: string): Promise<void> {
  const shown = (): string => stage.nodeRed.channel.status(sinkId).text ?? '';
  const held = (): number => Number(shown().replace(/\D/g, '') || Number.NaN);
  const acknowledged = (): number =>
    countPoints(acknowledgedBy('influx-out', stage)) + alarmsAcknowledgedBy('influx-out', stage).length;
  report.say('database  none at hand (no INFLUX_URL, no victoria-metrics on the PATH): points wait in the outbox');
  const isComplete = await waitFor('the outbox', () => held() >= acknowledged(), { timeoutMs: ARRIVAL_MS }).catch(
    () => false,
  );
  report.say(`          ${acknowledged()} points acknowledged, ${held()} points in the outbox ("${shown()}")`);
  report.expect(isComplete, `influx-out shows "${shown()}" where ${acknowledged()} points were acknowledged`);
}
