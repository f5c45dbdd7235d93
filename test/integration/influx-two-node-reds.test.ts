import assert from 'node:assert/strict';
import { readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import {
  COUNT_MEASUREMENT,
  COUNT_OUT,
  COUNT_START,
  COUNT_TARGET,
  Counter,
  numbersOf,
} from '../../testkit/counting-flow';
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

  /** Another name of the same folder. */
  const linkedDir = `${userDir}-link`;

  const start = async (folder: string): Promise<NodeRed> => {
    const nodeRed = await startNodeRed({ userDir: folder });
    running.push(nodeRed);
    return nodeRed;
  };

  before(async () => {
    database = await startInfluxDb();
    await database.query(`CREATE DATABASE ${DATABASE}`);
    symlinkSync(userDir, linkedDir);
  });

  /** What the files of the outbox hold, by name; its sockets are of whoever looks who has it. */
  const held = (): Readonly<Record<string, string>> => {
    const folder = join(userDir, 'pm500', 'outbox', COUNT_TARGET);
    const names = readdirSync(folder).filter((name) => !name.endsWith('.sock'));
    assert.ok(names.length >= 2, `a segment and a position: ${names.join()}`);
    return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'base64')]));
  };

  after(async () => {
    for (const nodeRed of running) await nodeRed.stop();
    await database.stop();
    removeFolder(linkedDir);
    removeFolder(userDir);
  });

  const kill = (nodeRed: NodeRed): Promise<void> => nodeRed.process.kill();
  for (const [how, end, folder] of [
    ['is killed', kill, userDir],
    ['is stopped', (nodeRed: NodeRed): Promise<void> => nodeRed.stop(), userDir],
    ['is killed and the second came by a symbolic link', kill, linkedDir],
  ] as const) {
    it(`says so in the second, which takes over all that waits when the first ${how}`, async () => {
      await database.query(`DROP MEASUREMENT ${COUNT_MEASUREMENT}`, DATABASE);
      const first = await start(userDir);
      const owner = new Counter(first);
      await owner.deploy({
        target: { api: 'v1', url: database.url, database: DATABASE },
        pointsPerMessage: POINTS_PER_MESSAGE,
      });
      await owner.send();
      await owner.delivered();
      await database.halt();
      // One waits, so that there is something to spoil.
      await owner.send();
      const before = held();

      // It finds the flow of the first, in the same user folder.
      const second = await start(folder);
      const guest = new Counter(second);
      const refused = await guest.sendMany(MESSAGES);
      assert.deepEqual(new Set(refused.map(({ code }) => code)), new Set(['OUTBOX_IN_USE']));
      assert.match(refused[0]?.error ?? '', /in use by .*end the other one, or give this one a folder of its own/);
      await second.channel.waitForStatus(COUNT_OUT, ({ fill }) => fill === 'red');
      const isIt = (line: string): boolean => line.includes('is in use by') && !line.includes(COUNT_OUT);
      await waitFor('it in the log', () => second.errors().some(isIt));
      const said = second.errors().filter(isIt);
      assert.equal(said.length, 1, `beside the messages it is said once: ${said.join('\n')}`);
      assert.match(said[0] ?? '', new RegExp(`process ${first.process.pid} on .*end the other one`));
      assert.deepEqual(held(), before, 'it has written nothing into the folder of the other');

      const kept = await owner.sendMany(MESSAGES - 2);
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
