import assert from 'node:assert/strict';
import { COUNT_MEASUREMENT, COUNT_OUT, COUNT_START, Counter, numbersOf } from '../../testkit/counting-flow';
import { startNodeRed, type NodeRed } from '../../testkit/node-red/node-red';
import { startInfluxDb, type InfluxDb } from '../../testkit/servers/influxdb';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';

const DATABASE = 'twice';
const MESSAGES = 5;
const POINTS_PER_MESSAGE = 10;

describe('two Node-REDs on one outbox folder', function () {
  this.timeout(240_000);
  const userDir = temporaryFolder('two-node-reds');
  const running: NodeRed[] = [];
  let database: InfluxDb;

  const start = async (): Promise<NodeRed> => {
    const nodeRed = await startNodeRed({ userDir });
    running.push(nodeRed);
    return nodeRed;
  };

  before(async () => {
    database = await startInfluxDb();
    await database.query(`CREATE DATABASE ${DATABASE}`);
  });

  after(async () => {
    for (const nodeRed of running) await nodeRed.stop();
    await database.stop();
    removeFolder(userDir);
  });

  for (const [how, end] of [
    ['is killed', (nodeRed: NodeRed): Promise<void> => nodeRed.process.kill()],
    ['is stopped', (nodeRed: NodeRed): Promise<void> => nodeRed.stop()],
  ] as const) {
    it(`says so in the second, which takes over all that waits when the first ${how}`, async () => {
      await database.query(`DROP MEASUREMENT ${COUNT_MEASUREMENT}`, DATABASE);
      const first = await start();
      const owner = new Counter(first);
      await owner.deploy({
        target: { api: 'v1', url: database.url, database: DATABASE },
        pointsPerMessage: POINTS_PER_MESSAGE,
      });
      await owner.send();
      await owner.delivered();
      await database.halt();

      // It finds the flow of the first, in the same user folder.
      const second = await start();
      const guest = new Counter(second);
      const refused = await guest.sendMany(MESSAGES);
      assert.deepEqual(new Set(refused.map(({ code }) => code)), new Set(['OUTBOX_IN_USE']));
      assert.match(refused[0]?.error ?? '', /in use by .*end the other one, or give this one a folder of its own/);
      await second.channel.waitForStatus(COUNT_OUT, ({ fill }) => fill === 'red');
      const said = second.errors().filter((line) => line.includes('is in use by') && !line.includes(COUNT_OUT));
      assert.equal(said.length, 1, `beside the messages it is said once: ${said.join('\n')}`);

      const kept = await owner.sendMany(MESSAGES - 1);
      assert.ok(
        kept.every(({ error }) => error === undefined),
        'the first goes on',
      );
      await end(first);
      const own = await waitFor(
        'the second to take over',
        async () => {
          const ended = await guest.send();
          return ended.error === undefined ? ended : undefined;
        },
        { timeoutMs: 60_000 },
      );
      await database.resume();
      await guest.delivered();

      const [series] = await database.query(`SELECT f FROM ${COUNT_MEASUREMENT}`, DATABASE);
      const stored = (series?.values ?? []).map(([, value]) => Number(value));
      const firsts = [...Array.from({ length: MESSAGES }, (_, at) => at * POINTS_PER_MESSAGE), own.first];
      assert.deepEqual(stored, numbersOf(firsts, POINTS_PER_MESSAGE));
      assert.equal(series?.values[0]?.[0], COUNT_START);
      await second.stop();
    });
  }
});
