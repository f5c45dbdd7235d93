import assert from 'node:assert/strict';
import { COUNT_MEASUREMENT, COUNT_OUT, COUNT_START, COUNT_TARGET, Counter } from '../../testkit/counting-flow';
import { startInfluxDb, type InfluxDb } from '../../testkit/servers/influxdb';
import { written } from '../../testkit/servers/processes';
import { waitFor } from '../../testkit/wait';
import { startNodeRed, type NodeRed } from '../../testkit/node-red/node-red';

const DATABASE = 'guarded';
const POINTS_PER_MESSAGE = 10;

describe('influx-out and an InfluxDB that asks for a user', () => {
  let database: InfluxDb;
  let nodeRed: NodeRed;
  let counter: Counter;

  before(async () => {
    database = await startInfluxDb({ admin: { user: 'admin', password: 'secret' } });
    await database.query(`CREATE DATABASE ${DATABASE}`);
    nodeRed = await startNodeRed();
    counter = new Counter(nodeRed);
  });

  after(async () => {
    await nodeRed.stop();
    await database.stop();
  });

  const deploy = (password: string): Promise<void> =>
    counter.deploy(
      {
        target: { api: 'v1', url: database.url, database: DATABASE, user: 'writer' },
        pointsPerMessage: POINTS_PER_MESSAGE,
      },
      { [COUNT_TARGET]: { password } },
    );
  const status = (wanted: string): Promise<unknown> =>
    nodeRed.channel.waitForStatus(COUNT_OUT, ({ text }) => text === wanted, { timeoutMs: 60_000 });
  const assertStored = async (count: number): Promise<void> => {
    const [series] = await database.query(`SELECT f FROM ${COUNT_MEASUREMENT}`, DATABASE);
    assert.deepEqual(
      series?.values,
      Array.from({ length: count }, (_, at) => [COUNT_START + at, at]),
    );
  };

  it('says so before the first point, holds what comes, and goes on by itself once there is such a user', async () => {
    await deploy('right');
    await status('takes no points');
    await counter.sendMany(3);
    await status('held: 30');
    await written(nodeRed.process, /answered 401 .*: check the user and password of the target/);
    const last = await waitFor('diagnostics of it', () =>
      counter.diagnostics.findLast(({ state }) => state === 'held'),
    );
    assert.equal((last['lastError'] as { code?: string }).code, 'INFLUX_REFUSED');
    assert.equal(await counter.metric('up'), 0);
    await database.query(`CREATE USER "writer" WITH PASSWORD 'right'`);
    await database.query(`GRANT WRITE ON ${DATABASE} TO "writer"`);
    await status('written: 30');
    await assertStored(30);
    assert.deepEqual([await counter.metric('up'), await counter.metric('refused_records_total')], [1, 0]);
  });

  it('goes on at once when the password is corrected by a deployment', async () => {
    await database.query(`SET PASSWORD FOR "writer" = 'changed'`);
    await counter.send();
    await status('held: 10');
    await deploy('changed');
    await counter.send();
    await status('written: 20');
    await assertStored(50);
  });
});
