import { strict as assert } from 'node:assert';
import { DEFAULTS } from '../../nodes/shared/forms';
import { GROUPS } from '../../src/meters/pm500/groups';
import type { Telemetry } from '../../src/domain/messages/telemetry';
import { ALARMS_DEBUG } from '../../tools/demo/check-alarms';
import { comparePublished, compareStored } from '../../tools/demo/compare';
import { querySamples } from '../../tools/demo/influx-query';
import { findImplausible } from '../../tools/demo/plausibility';
import { buttonOf } from '../../tools/demo/provoke';
import { SparkplugWatch } from '../../tools/demo/sparkplug-watch';
import type { StoredSamples } from '../../tools/demo/stored-samples';
import { metricsOfGroup, showingTelemetry, TELEMETRY_DEBUG, telemetryShown } from '../../tools/demo/telemetry-watch';
import { entryOf } from '../../testkit/node-red/reference-flows';
import { countSockets, startPipeline, type Pipeline } from '../../testkit/node-red/pipeline';
import type { FlowEntry } from '../../testkit/node-red/node-red-admin';
import type { NodeStatusSeen } from '../../testkit/node-red/node-red-channel';
import { waitFor } from '../../testkit/wait';

const EVERY_METRIC = GROUPS.flatMap(({ name }) => metricsOfGroup(name));
const DATABASE_MS = 60_000;

const isWaiting = ({ text }: NodeStatusSeen): boolean => text?.endsWith(' queued') === true;

describe('first-meter in Node-RED', () => {
  let pipeline: Pipeline;
  let watch: SparkplugWatch;
  let flow: readonly FlowEntry[];

  const telemetries = (): readonly Telemetry[] => telemetryShown(pipeline.nodeRed.channel, TELEMETRY_DEBUG);
  const stored = (): Promise<StoredSamples> =>
    querySamples(
      { url: pipeline.database.url, token: '', org: '', bucket: '' },
      {
        influxMeasurement: DEFAULTS['influx-out'].influxMeasurement,
        meter: entryOf(flow, 'pm500-meter').name ?? '',
        since: 0,
      },
    );
  /** Resolves when everything that was shown by now is in the database. */
  const everythingStored = async (): Promise<StoredSamples> => {
    const shown = telemetries();
    return waitFor(
      'all values in the database',
      async () => {
        const found = await stored();
        const { differences } = compareStored(shown, found);
        if (differences.length > 0) throw new Error(`${differences.length} differ: ${differences[0] ?? ''}`);
        return found;
      },
      { timeoutMs: DATABASE_MS, everyMs: 500 },
    );
  };
  const moreReadings = async (count: number): Promise<void> => {
    const before = telemetries().length;
    await waitFor(`${count} more readings`, () => telemetries().length >= before + count);
  };

  before(async () => {
    pipeline = await startPipeline();
    watch = await SparkplugWatch.start(pipeline.broker.url);
    flow = showingTelemetry(await pipeline.flow('flows', 'first-meter.json'));
    await pipeline.nodeRed.admin.deploy(flow);
  });

  after(async () => {
    await watch.stop();
    await pipeline.stop();
  });

  it('every metric of every group reaches the broker', async () => {
    await waitFor('every metric', () => EVERY_METRIC.every((metric) => watch.namesSeen.has(metric)), {
      timeoutMs: 40_000,
    });
    assert.deepEqual([watch.count('NBIRTH'), watch.count('NDEATH')], [1, 0]);
    await waitFor('data', () => watch.count('DDATA') > 0);
    assert.deepEqual(watch.faults, []);
  });

  it('every value reaches the database, and agrees with the broker', async () => {
    await moreReadings(1);
    const shown = telemetries();
    const until = Math.max(...shown.map(({ timestamp }) => timestamp));
    // What was published by then may be shown, and stored, after what was shown first.
    const { compared } = await waitFor(
      'broker and database to agree',
      async () => {
        const comparison = comparePublished(watch.metrics, (await everythingStored()).fields, until, shown);
        assert.deepEqual(comparison.differences, []);
        return comparison;
      },
      { timeoutMs: DATABASE_MS, everyMs: 500 },
    );
    assert.ok(compared > 0);
    assert.deepEqual(findImplausible(shown), []);
  });

  it('every node shows that it works, and that nobody has confirmed the layout yet', async () => {
    const types = ['pm500-sim', 'pm500-poll', 'pm500-normalize', 'sparkplug-out', 'influx-out'];
    for (const { id, type } of flow.filter((entry) => types.includes(entry.type))) {
      const expected = type === 'pm500-normalize' ? 'yellow' : 'green';
      await pipeline.nodeRed.channel.waitForStatus(id, ({ fill }) => fill === expected);
    }
    assert.deepEqual(pipeline.nodeRed.errors(), []);
  });

  it('shows the loss of a phase as an alarm, below the node and on the broker', async () => {
    const { admin, channel } = pipeline.nodeRed;
    await admin.inject(buttonOf(flow, 'phase-loss').id);
    await channel.waitForStatus(ALARMS_DEBUG, ({ fill, text = '' }) => fill === 'red' && text.startsWith('Phase L1'));
    await waitFor('the alarm', () =>
      watch.metrics.some(({ name, value }) => name === 'alarms/phase_loss_l1/active' && value === true),
    );
  });

  it('loses nothing while the database is away', async () => {
    const { channel } = pipeline.nodeRed;
    const sink = entryOf(flow, 'influx-out').id;
    await pipeline.database.halt();
    await channel.waitForStatus(sink, isWaiting);
    await moreReadings(6);
    await pipeline.database.resume();
    await everythingStored();
    await channel.waitForStatus(sink, (status) => status.fill === 'green' && !isWaiting(status));
  });

  it('loses nothing that waits when the flow is deployed again meanwhile', async () => {
    await pipeline.database.halt();
    await pipeline.nodeRed.channel.waitForStatus(entryOf(flow, 'influx-out').id, isWaiting);
    await moreReadings(3);
    await pipeline.nodeRed.admin.deploy(flow);
    await pipeline.database.resume();
    await everythingStored();
  });

  it('is born again when the broker comes back', async () => {
    const { broker } = pipeline;
    await watch.stop();
    await broker.halt();
    await broker.resume();
    // A subscriber may come back later than the edge node; the broker itself saw who published what.
    for (const type of ['NBIRTH', 'DBIRTH', 'DDATA']) {
      const published = new RegExp(`Received PUBLISH.*spBv1.0/[^/]+/${type}/`);
      await waitFor(`${type} at the broker`, () => published.test(broker.process.output()), { timeoutMs: 60_000 });
    }
    watch = await SparkplugWatch.start(broker.url);
  });

  it('resumes after full deployments, with a death and a birth each, and leaves nothing open', async () => {
    const { admin, process } = pipeline.nodeRed;
    await moreReadings(2);
    const sockets = countSockets(process.pid);
    for (let round = 0; round < 3; round++) {
      const births = watch.count('NBIRTH');
      await admin.deploy(flow);
      await waitFor('a birth', () => watch.count('NBIRTH') > births);
      await moreReadings(2);
    }
    await waitFor(`${sockets} sockets`, () => countSockets(process.pid) <= sockets);
    await everythingStored();
    assert.equal(watch.count('NDEATH'), watch.count('NBIRTH') - 1);
    assert.deepEqual(watch.faults, []);
  });
});
