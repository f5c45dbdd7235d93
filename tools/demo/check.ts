import { setTimeout as pause } from 'node:timers/promises';
import { GROUPS } from '../../src/meter/groups';
import { entryOf } from '../../test/support/reference-flows';
import { tailOf } from '../../test/support/processes';
import { waitFor } from '../../test/support/wait';
import { checkLoss, describeOrdeal, isUnderWay } from './check-loss';
import { checkDatabase, checkOutbox } from './check-sink';
import { undergo, type Ordeal } from './ordeal';
import type { StoredSamples } from './influx-query';
import { findImplausible } from './plausibility';
import { percentile, Report } from './report';
import type { SparkplugWatch } from './sparkplug-watch';
import type { Stage } from './stage';
import { metricsOfGroup } from './telemetry-watch';
import { acknowledgedBy, sentToSinks } from './witness';

/** What is on its way when time is up may arrive. */
const GRACE_MS = 20_000;

function checkBroker(report: Report, watch: SparkplugWatch): void {
  const counts = [...watch.counts].map(([type, count]) => `${count} ${type}`).join(', ');
  report.say(`broker    ${counts || 'no message'}; ${watch.metrics.length} metric values`);
  for (const type of ['NBIRTH', 'DBIRTH', 'DDATA']) report.expect(watch.count(type) > 0, `no ${type} on the broker`);
  report.expectNone('Sparkplug rules broken', watch.faults);
  const seen = watch.namesSeen;
  for (const { name } of GROUPS) {
    const expected = metricsOfGroup(name);
    const present = expected.filter((metric) => seen.has(metric));
    report.say(`          ${name.padEnd(9)} ${present.length} of ${expected.length} metrics`);
    report.expectNone(
      `metrics of group ${name} not on the broker`,
      expected.filter((metric) => !seen.has(metric)),
    );
  }
  const { latenciesMs } = watch;
  if (latenciesMs.length === 0) return;
  const [middle, high] = [0.5, 0.99].map((share) => percentile(latenciesMs, share));
  report.say(`latency   meter's answer to subscriber: p50 ${middle ?? 0} ms, p99 ${high ?? 0} ms (DDATA)`);
}

async function runFor(stage: Stage, seconds: number): Promise<Ordeal> {
  try {
    const [ordeal] = await Promise.all([undergo(stage, seconds), pause(seconds * 1000)]);
    return ordeal;
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new Error(`${why}\n${tailOf(stage.nodeRed.process)}`, { cause: thrown });
  }
}

/**
 * Lets the demo run for some seconds, with an outage and a kill in them, and verifies from outside what arrived where.
 * @returns true when nothing is missing
 */
export async function checkDemo(stage: Stage, watch: SparkplugWatch, seconds: number): Promise<boolean> {
  const report = new Report();
  const ordeal = await runFor(stage, seconds);
  const everyMetric = GROUPS.flatMap(({ name }) => metricsOfGroup(name));
  await waitFor(
    'a second birth and every metric',
    () => watch.count('NBIRTH') > 1 && everyMetric.every((metric) => watch.namesSeen.has(metric)),
    {
      timeoutMs: GRACE_MS,
    },
  ).catch(() => undefined);

  report.expect(watch.count('NBIRTH') > 1, 'Node-RED did not come back to the broker with a birth');

  const telemetries = sentToSinks(stage);
  const [queued, published] = [acknowledgedBy('influx-out', stage), acknowledgedBy('sparkplug-out', stage)];
  const values = telemetries.reduce((sum, { metrics }) => sum + Object.keys(metrics).length, 0);
  report.say(`\nAfter ${seconds} s, seen from outside:`);
  report.say(`readings  ${telemetries.length} with ${values} values, ${queued.length} acknowledged by influx-out`);
  report.expect(telemetries.length > 0, 'no reading was normalized');
  checkBroker(report, watch);
  const sink = entryOf(stage.flow, 'influx-out');
  const { database } = stage;
  let stored: StoredSamples | undefined;
  if (database === undefined) await checkOutbox(report, stage, sink.id);
  else
    stored = await checkDatabase(report, {
      database,
      queued,
      published: watch.metrics.filter(({ timestamp }) => !isUnderWay(ordeal, timestamp)),
      status: stage.nodeRed.channel.status(sink.id),
    });
  report.say(describeOrdeal(ordeal));
  await checkLoss(report, { ordeal, queued, published, stored, watch });
  report.expectNone('implausible values', findImplausible(telemetries));
  report.expectNone(
    'Node-RED logged errors',
    stage.nodeReds.flatMap((nodeRed) => nodeRed.errors()),
  );
  return report.conclude();
}
