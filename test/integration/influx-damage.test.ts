import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COUNT_MEASUREMENT, COUNT_OUT, COUNT_START, COUNT_TARGET, Counter } from '../../testkit/counting-flow';
import { startInfluxDb, type InfluxDb } from '../../testkit/servers/influxdb';
import { written } from '../../testkit/servers/processes';
import { startNodeRed, type NodeRed } from '../../testkit/node-red/node-red';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';

const DATABASE = 'damage';
const MESSAGES = 12;
const POINTS_PER_MESSAGE = 10;
const DAMAGED = 37;

describe('an outbox of Node-RED whose files were damaged', () => {
  let database: InfluxDb;
  let nodeRed: NodeRed | undefined;
  const userDir = temporaryFolder('damage');
  const folder = join(userDir, 'pm500', 'outbox', COUNT_TARGET);

  before(async () => {
    database = await startInfluxDb();
    await database.query(`CREATE DATABASE ${DATABASE}`);
  });

  after(async () => {
    await nodeRed?.stop();
    await database.stop();
    removeFolder(userDir);
  });

  it('sets the damaged part aside, says so, and delivers the rest to the database', async () => {
    await database.halt();
    nodeRed = await startNodeRed({ userDir });
    const counter = new Counter(nodeRed);
    const target = { api: 'v1', url: database.url, database: DATABASE };
    await counter.deploy({ target, pointsPerMessage: POINTS_PER_MESSAGE });
    for (const { error } of await counter.sendMany(MESSAGES)) assert.equal(error, undefined);
    nodeRed.channel.close();
    await nodeRed.process.kill();

    const [name = ''] = readdirSync(folder).filter((each) => each.endsWith('.seg'));
    const bytes = readFileSync(join(folder, name));
    const line = Buffer.from(`${COUNT_MEASUREMENT} f=${DAMAGED} `);
    const place = bytes.indexOf(line);
    assert.ok(place > 0, 'the point waits in that file');
    bytes.fill(0, place + 2, place + 6);
    // The header too: it costs nothing.
    bytes.fill(0xff, 4, 12);
    writeFileSync(join(folder, name), bytes);
    writeFileSync(join(folder, 'position'), 'no position');

    nodeRed = await startNodeRed({ userDir });
    const after = new Counter(nodeRed);
    await database.resume();
    await after.delivered();
    const [series] = await database.query(`SELECT f FROM ${COUNT_MEASUREMENT}`, DATABASE);
    const expected = Array.from({ length: MESSAGES * POINTS_PER_MESSAGE }, (_, at) => at).filter(
      (at) => at !== DAMAGED,
    );
    assert.deepEqual(
      series?.values,
      expected.map((number) => [COUNT_START + number, number]),
    );
    await written(nodeRed.process, /1 records lost: \d+ bytes at \d+ of .* All other records are delivered; check/);
    await nodeRed.channel.waitForStatus(COUNT_OUT, ({ text }) => text === 'lost: 1');
    assert.equal(await after.metric('damaged_records_total'), 1);
    const aside = readdirSync(folder).filter((each) => each.endsWith('.damaged'));
    assert.ok(aside.some((each) => readFileSync(join(folder, each)).includes(`f=${DAMAGED} ${COUNT_START + DAMAGED}`)));
    // The next reading is taken and delivered as if nothing had happened.
    assert.equal((await after.send()).error, undefined);
    await after.delivered();
    await waitFor('diagnostics of the loss', () => after.diagnostics.some((told) => told['damaged'] === 1));
  });
});
