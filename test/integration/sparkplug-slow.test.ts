import assert from 'node:assert/strict';
import { openOutbox, type DiskOutbox } from '../../src/outbox/disk';
import { conditionOf } from '../../src/sparkplug/metrics/metric-condition';
import type { MetricSample } from '../../src/sparkplug/metrics/metrics';
import { EdgeSession } from '../../src/sparkplug/session/session';
import { systemClock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { realDependencies } from '../../testkit/sparkplug/real-dependencies';
import { Watcher } from '../../testkit/sparkplug/watcher';
import { startMosquitto, type Mosquitto } from '../../testkit/servers/mosquitto';
import { TcpLink } from '../../testkit/links/tcp-link';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';

const DEVICE = 'M';
/** Long values, so that few fill every buffer on the way: those of the system, and the limit of the edge node. */
const PADDING = 'x'.repeat(16_000);
const BYTES_PER_MEGABYTE = 1_000_000;
/** What the edge node lets pile up (4 MiB), what the system of a machine takes, and room for garbage. */
const MOST_GROWTH_MEGABYTES = 150;

function paddedSample(count: number): MetricSample {
  const value = `${count} ${PADDING}`;
  return {
    name: 'count',
    type: 'String',
    value,
    timestamp: Date.now(),
    description: {},
    condition: conditionOf('good'),
  };
}

describe('Sparkplug edge node whose broker stops reading', function () {
  this.timeout(120_000);
  let broker: Mosquitto;
  let link: TcpLink;
  let watcher: Watcher;
  let outbox: DiskOutbox;
  let folder: string;
  let edge: EdgeSession;
  let published: number;
  let accepted: number;

  beforeEach(async () => {
    broker = await startMosquitto();
    link = await TcpLink.open(broker.port);
    watcher = await Watcher.open(broker.url);
    folder = temporaryFolder('slow-outbox');
    outbox = openOutbox({
      folder,
      limits: { maximumBytes: 500 * BYTES_PER_MEGABYTE },
      clock: systemClock,
      logger: silentLogger,
    });
    published = 0;
    accepted = 0;
    edge = new EdgeSession(
      {
        node: { groupId: 'plant', edgeNodeId: 'edge' },
        // A keep-alive that does not end the connection while the test lasts.
        broker: { host: '127.0.0.1', port: link.port, keepAliveSeconds: 60, connectTimeoutMs: 3000 },
        settleMs: 50,
        history: { valuesPerSecond: 5000, store: { maximumBytes: 1e9 } },
      },
      { ...realDependencies(), outbox },
    );
    edge.start();
    publish();
    await waitFor('births', () => watcher.host.counts['DBIRTH'] === 1);
  });

  afterEach(async () => {
    link.resume();
    await edge.close();
    await watcher.close();
    link.close();
    await outbox.close();
    await broker.stop();
    removeFolder(folder);
  });

  function publish(): void {
    const done = edge.watch(DEVICE);
    edge.publish(DEVICE, [paddedSample(published++)]);
    void done().then(() => accepted++);
  }

  /** Publishes in turns of the event loop until so many values more have gone to the disk. */
  async function publishUntilKept(count: number): Promise<void> {
    const before = edge.counts.suppressed;
    await waitFor(
      'values to be kept',
      () => {
        for (let index = 0; index < 10; index++) publish();
        return edge.counts.suppressed - before >= count;
      },
      { everyMs: 5, timeoutMs: 60_000 },
    );
  }

  const seen = (): Set<unknown> =>
    new Set(
      [...watcher.valuesOf(`${DEVICE}/count`)].map((value) => typeof value === 'string' && Number.parseInt(value, 10)),
    );

  /** Every value has come and was acknowledged, none twice as a present one, and no rule was broken. */
  async function assertComplete(): Promise<void> {
    await waitFor('the outbox to be empty', () => edge.history?.depth === 0, { timeoutMs: 60_000 });
    await waitFor('all values', () => seen().size === published, { timeoutMs: 30_000 });
    await waitFor('all acknowledgments', () => accepted === published);
    assert.deepEqual(watcher.host.violations, []);
    assert.deepEqual(watcher.host.twiceLive, []);
  }

  it('keeps values on disk and not in memory while nothing is read, and goes on with live ones after it', async () => {
    link.stall();
    await publishUntilKept(100);
    const before = process.memoryUsage().rss;
    // 64 MB, which memory would have to hold where the disk did not.
    await publishUntilKept(4000);
    const grownMegabytes = (process.memoryUsage().rss - before) / BYTES_PER_MEGABYTE;
    assert.ok(grownMegabytes < MOST_GROWTH_MEGABYTES, `${grownMegabytes.toFixed(0)} MB more`);
    assert.equal(edge.state.phase, 'born');
    assert.ok((edge.history?.depth ?? 0) >= 4000);
    link.resume();
    await waitFor('the broker to read again', () => !edge.isBacklogged, { timeoutMs: 30_000 });
    const live = published;
    publish();
    await waitFor('a live value', () => watcher.host.present.get('M/count')?.has(`${live} ${PADDING}`));
    await assertComplete();
  });

  it('loses nothing when the connection breaks with every buffer full', async () => {
    link.stall();
    await publishUntilKept(200);
    link.revive();
    await waitFor('births again', () => watcher.host.counts['DBIRTH'] === 2 && edge.state.devices.length === 1, {
      timeoutMs: 30_000,
    });
    publish();
    await assertComplete();
  });
});
