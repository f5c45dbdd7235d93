import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { seededRandom } from '../../src/support/random';
import { COUNTED, COUNTING, countingFlow } from '../../testkit/sparkplug/counting-flow';
import { acknowledgedIn } from '../../testkit/noted-counts';
import { Watcher } from '../../testkit/sparkplug/watcher';
import { startMosquitto, type Mosquitto } from '../../testkit/servers/mosquitto';
import { startNodeRed, type NodeRed } from '../../testkit/node-red/node-red';
import type { DeploymentType, FlowEntry } from '../../testkit/node-red/node-red-admin';
import { TcpLink } from '../../testkit/links/tcp-link';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';

/** PM500_KILLS=50 for the long form. */
const KILLS = Number(process.env['PM500_KILLS'] ?? '4');
const LONGEST_RUN_MS = 1500;
const MORE = 20;

describe('Sparkplug edge node in a real Node-RED', function () {
  this.timeout(120_000 + KILLS * 30_000);
  let broker: Mosquitto;
  let link: TcpLink;
  let watcher: Watcher;
  let nodeRed: NodeRed | undefined;
  let userDir: string;
  let notes: string;

  beforeEach(async () => {
    broker = await startMosquitto();
    link = await TcpLink.open(broker.port);
    watcher = await Watcher.open(broker.url);
    userDir = temporaryFolder('sparkplug-node-red');
    notes = join(userDir, 'acknowledged.txt');
    writeFileSync(join(userDir, 'flows.json'), JSON.stringify(flow()));
  });

  afterEach(async () => {
    await nodeRed?.stop();
    nodeRed = undefined;
    await watcher.close();
    link.close();
    await broker.stop();
    removeFolder(userDir);
  });

  const countFrom = Date.now();
  const flow = (edge: object = {}): readonly FlowEntry[] => countingFlow({ port: link.port, notes, countFrom, edge });

  async function furtherAcknowledged(count: number): Promise<void> {
    const before = acknowledgedIn(notes).length;
    await waitFor(`${count} values to be acknowledged`, () => acknowledgedIn(notes).length >= before + count, {
      timeoutMs: 40_000,
    });
  }

  /** Every acknowledged value has come, none twice as a present one, and no rule was broken. */
  async function assertComplete(): Promise<void> {
    const acknowledged = acknowledgedIn(notes);
    const missing = (): readonly number[] => {
      const seen = watcher.valuesOf(COUNTED);
      return acknowledged.filter((number) => !seen.has(number));
    };
    await waitFor('all acknowledged values', () => missing().length === 0, { timeoutMs: 40_000 }).catch(
      () => undefined,
    );
    assert.deepEqual(missing(), [], `of ${acknowledged.length}`);
    assert.equal(new Set(acknowledged).size, acknowledged.length, 'none was acknowledged twice');
    assert.deepEqual(watcher.host.violations, []);
    assert.deepEqual(watcher.host.twiceLive, []);
  }

  it('loses nothing when it is deployed again while values flow: full, flows, nodes', async () => {
    nodeRed = await startNodeRed({ userDir });
    await furtherAcknowledged(MORE);
    let round = 0;
    for (const type of ['full', 'nodes', 'flows', 'nodes'] satisfies readonly DeploymentType[]) {
      const births = watcher.host.counts['NBIRTH'] ?? 0;
      round++;
      // What has not changed is left alone but for a full deployment.
      await nodeRed.admin.deploy(flow({ name: `round ${round}` }), {}, type);
      await waitFor('the edge node again', () => (watcher.host.counts['NBIRTH'] ?? 0) > births, { timeoutMs: 40_000 });
      await furtherAcknowledged(MORE);
    }
    const changed = flow({ name: `round ${round}` }).map((entry) =>
      entry.id === COUNTING.out ? { ...entry, name: 'other' } : entry,
    );
    const { NBIRTH: births, DBIRTH: deviceBirths = 0 } = watcher.host.counts;
    await nodeRed.admin.deploy(changed, {}, 'nodes');
    await waitFor('the device again', () => (watcher.host.counts['DBIRTH'] ?? 0) > deviceBirths);
    await furtherAcknowledged(MORE);
    assert.equal(watcher.host.counts['NBIRTH'], births, 'the session stands when only the device is deployed');
    assert.deepEqual(nodeRed.errors(), []);
    await assertComplete();
  });

  it(`has every acknowledged value at the host after ${KILLS} kills at random moments`, async () => {
    const random = seededRandom(500);
    for (let kill = 0; kill < KILLS; kill++) {
      // In turns: all is well, the broker is away, the link is dead and nobody has noticed.
      const fault = ['none', 'away', 'dead', 'away and back'][kill % 4];
      if (fault === 'away' || fault === 'away and back') link.refuse();
      nodeRed = await startNodeRed({ userDir });
      await furtherAcknowledged(MORE);
      if (fault === 'dead') link.die();
      if (fault === 'away and back') link.revive();
      await pause(random() * LONGEST_RUN_MS);
      nodeRed.channel.close();
      await nodeRed.process.kill();
      link.revive();
    }
    nodeRed = await startNodeRed({ userDir });
    await furtherAcknowledged(MORE);
    await assertComplete();
    assert.ok(acknowledgedIn(notes).length > KILLS * MORE);
  });
});
