import { setTimeout as pause } from 'node:timers/promises';
import { GROUPS } from '../../src/meter/groups';
import { entryOf } from '../../test/support/reference-flows';
import { waitFor } from '../../test/support/wait';
import { checkDatabase, checkOutbox } from './check-sink';
import { findImplausible } from './plausibility';
import { percentile, Report } from './report';
import type { SparkplugWatch } from './sparkplug-watch';
import type { Stage } from './stage';
import { metricsOfGroup, TELEMETRY_DEBUG, telemetryShown } from './telemetry-watch';

/** What is on its way when time is up may arrive. */
const GRACE_MS = 5000;

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

/**
 * Lets the demo run for some seconds and verifies from outside what arrived where.
 * @returns true when nothing is missing
 */
export async function checkDemo(stage: Stage, watch: SparkplugWatch, seconds: number): Promise<boolean> {
  const { nodeRed, flow } = stage;
  const report = new Report();
  const ended = nodeRed.process.exited.then((how) => `Node-RED ended (${how}).`);
  const early = await Promise.race([ended, pause(seconds * 1000)]);
  report.expect(early === undefined, `${early ?? ''} Its last lines:\n${nodeRed.process.output().slice(-2000)}`);
  const everyMetric = GROUPS.flatMap(({ name }) => metricsOfGroup(name));
  await waitFor('every metric', () => everyMetric.every((metric) => watch.namesSeen.has(metric)), {
    timeoutMs: GRACE_MS,
  }).catch(() => undefined);

  const telemetries = telemetryShown(nodeRed.channel, TELEMETRY_DEBUG);
  const values = telemetries.reduce((sum, { metrics }) => sum + Object.keys(metrics).length, 0);
  report.say(`\nAfter ${seconds} s, seen from outside:`);
  report.say(`readings  ${telemetries.length}, with ${values} values`);
  report.expect(telemetries.length > 0, 'no reading was normalized');
  checkBroker(report, watch);
  const sink = entryOf(flow, 'influx-out');
  if (stage.database === undefined) await checkOutbox(report, nodeRed.channel, sink.id);
  else await checkDatabase(report, stage.database, telemetries, watch, nodeRed.channel.status(sink.id));
  report.expectNone('implausible values', findImplausible(telemetries));
  report.expectNone('Node-RED logged errors', nodeRed.errors());
  return report.conclude();
}
