import { setTimeout as pause } from 'node:timers/promises';
import { GROUPS } from '../../src/meters/pm500/groups';
import { entryOf } from '../../testkit/node-red/reference-flows';
import { tailOf } from '../../testkit/servers/processes';
import { waitFor } from '../../testkit/wait';
import { ALARMS_DEBUG, checkAlarms } from './check-alarms';
import { checkKpis } from './check-kpis';
import { checkLoss, describeOrdeal } from './check-loss';
import { checkQuality } from './check-quality';
import { checkDatabase, checkOutbox } from './check-sink';
import { isUnderWay, undergo, type Ordeal } from './ordeal';
import { findImplausible } from './plausibility';
import { provoke, type Provocations } from './provoke';
import { percentile, Report } from './report';
import type { SparkplugWatch } from './sparkplug-watch';
import type { Stage } from './stage';
import type { StoredSamples } from './stored-samples';
import { metricsOfGroup } from './telemetry-watch';
import { acknowledgedBy, alarmsAcknowledgedBy, sentToSinks } from './witness';

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

interface Run {
  readonly provocations: Provocations;
  readonly ordeal: Ordeal;
  /** Texts below the node of the alarms, and lines of it in the sidebar. */
  readonly statuses: readonly string[];
  readonly shown: readonly string[];
}

/** First the faults of the meter, then those of everything around it; at least so many seconds. */
async function runFor(stage: Stage, seconds: number): Promise<Run> {
  const perform = async (): Promise<Run> => {
    const provocations = await provoke(stage);
    const { channel } = stage.nodeRed;
    const statuses = channel.statusesOf(ALARMS_DEBUG).map(({ text = '' }) => text);
    const shown = channel.debugsOf(ALARMS_DEBUG).map(({ msg }) => String(msg));
    return { provocations, ordeal: await undergo(stage, seconds), statuses, shown };
  };
  try {
    const [run] = await Promise.all([perform(), pause(seconds * 1000)]);
    return run;
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new Error(`${why}\n${tailOf(stage.nodeRed.process)}`, { cause: thrown });
  }
}

/**
 * Lets the demo run for some seconds, with faults of the meter, an outage and a kill in them, and verifies from outside what arrived where.
 * @returns true when nothing is missing
 */
export async function checkDemo(stage: Stage, watch: SparkplugWatch, seconds: number): Promise<boolean> {
  const report = new Report();
  const startedAt = performance.now();
  const { provocations, ordeal, statuses, shown } = await runFor(stage, seconds);
  const everyMetric = GROUPS.flatMap(({ name }) => metricsOfGroup(name));
  await waitFor(
    'a second birth and every metric',
    () => watch.count('NBIRTH') > 1 && everyMetric.every((metric) => watch.namesSeen.has(metric)),
    {
      timeoutMs: GRACE_MS,
    },
  ).catch(() => undefined);

  report.expect(watch.count('NBIRTH') > 1, 'Node-RED did not come back to the broker with a birth');

  // Before the telemetry that is waited for in the database: what comes in order is there then, and nothing is of later.
  const messages = alarmsAcknowledgedBy('influx-out', stage);
  const telemetries = sentToSinks(stage);
  const [queued, published] = [acknowledgedBy('influx-out', stage), acknowledgedBy('sparkplug-out', stage)];
  const values = telemetries.reduce((sum, { metrics }) => sum + Object.keys(metrics).length, 0);
  report.say(`\nAfter ${Math.round((performance.now() - startedAt) / 1000)} s, seen from outside:`);
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
  const seen = { stored, published: watch.metrics };
  checkQuality(report, { ...seen, telemetries, overload: provocations.overload });
  checkKpis(report, { ...seen, flow: stage.flow, queued });
  checkAlarms(report, { ...seen, phaseLoss: provocations.phaseLoss, messages, statuses, shown });
  report.say(describeOrdeal(ordeal));
  await checkLoss(report, { ordeal, queued, published, stored, watch });
  report.expectNone('implausible values', findImplausible(telemetries));
  report.expectNone(
    'Node-RED logged errors',
    stage.nodeReds.flatMap((nodeRed) => nodeRed.errors()),
  );
  return report.conclude();
}
