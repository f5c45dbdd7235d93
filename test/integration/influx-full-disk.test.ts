import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  COUNT_MEASUREMENT,
  COUNT_OUT,
  COUNT_START,
  COUNT_TARGET,
  Counter,
  numbersOf,
  type MessageEnd,
} from '../../testkit/counting-flow';
import { startInfluxDb, type InfluxDb } from '../../testkit/servers/influxdb';
import { startNodeRed, type NodeRed } from '../../testkit/node-red/node-red';
import { makeSmallDisk, type SmallDisk } from '../../testkit/delivery/small-disk';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';

const DATABASE = 'fulldisk';
const POINTS_PER_MESSAGE = 100;
const PAD = 1000;
const DISK_BYTES = 2 * 1024 * 1024;
/** What is refused when the disk is full, and with what advice. */
const FULL = /cannot take records: the disk is full; free space, and it goes on by itself \(ENOSPC/;

describe('an outbox of Node-RED on a full disk', () => {
  let database: InfluxDb;
  let disk: SmallDisk;
  let nodeRed: NodeRed;
  let counter: Counter;
  const userDir = temporaryFolder('full-disk');
  const folder = join(userDir, 'pm500', 'outbox');
  const taken: number[] = [];

  before(async () => {
    disk = makeSmallDisk(folder, DISK_BYTES);
    console.log(`    (the disk is ${disk.madeOf})`);
    database = await startInfluxDb();
    await database.query(`CREATE DATABASE ${DATABASE}`);
    nodeRed = await startNodeRed({ userDir });
    counter = new Counter(nodeRed);
    const target = { api: 'v1', url: database.url, database: DATABASE };
    await counter.deploy({ target, pointsPerMessage: POINTS_PER_MESSAGE, pad: PAD });
  });

  after(async () => {
    await nodeRed.stop();
    await database.stop();
    disk.remove();
    removeFolder(userDir);
  });

  const send = async (): Promise<MessageEnd> => {
    const end = await counter.send();
    if (end.error === undefined) taken.push(end.first);
    return end;
  };

  /** Every point of every message that was done, once, and none of those that were refused. */
  const assertStored = async (): Promise<void> => {
    await counter.delivered();
    const [series] = await database.query(`SELECT f FROM ${COUNT_MEASUREMENT}`, DATABASE);
    assert.deepEqual(
      series?.values,
      numbersOf(taken, POINTS_PER_MESSAGE).map((number) => [COUNT_START + number, number]),
    );
  };

  it('refuses messages with the reason while what waits fills the disk, and loses none that it took', async () => {
    await database.halt();
    let refused: MessageEnd | undefined;
    for (let sent = 0; refused === undefined && sent < 50; sent += 1) {
      const end = await send();
      if (end.error !== undefined) refused = end;
    }
    assert.match(refused?.error ?? 'none was refused', FULL);
    assert.ok(taken.length > 10, `${taken.length} messages fit`);
    for (let again = 0; again < 3; again += 1) assert.match((await send()).error ?? 'done', FULL);
    await nodeRed.channel.waitForStatus(
      COUNT_OUT,
      ({ fill, text }) => fill === 'red' && text === 'outbox cannot write',
    );
    await waitFor('diagnostics of it', () =>
      counter.diagnostics.some(
        (told) => (told['lastError'] as { code?: string } | null)?.code === 'OUTBOX_WRITE_FAILED',
      ),
    );
    assert.equal(await counter.metric('up'), 0);
    assert.equal(await counter.metric('waiting_records'), taken.length * POINTS_PER_MESSAGE);
  });

  it('has room again when what filled the disk was delivered, without anybody freeing any', async () => {
    await database.resume();
    await counter.delivered();
    await waitFor(
      'the files to go',
      () => !readdirSync(join(folder, COUNT_TARGET)).some((name) => name.endsWith('.seg')),
    );
    assert.equal((await send()).error, undefined);
    await assertStored();
    await nodeRed.channel.waitForStatus(
      COUNT_OUT,
      ({ fill, text = '' }) => fill === 'green' && text.startsWith('written'),
    );
    assert.equal(await counter.metric('up'), 1);
  });

  it('goes on by itself when somebody else had filled the disk and frees it', async () => {
    await send();
    disk.fill(true);
    let end = await send();
    // A few records may still fit into the last block.
    for (let sent = 0; end.error === undefined && sent < 50; sent += 1) end = await send();
    assert.match(end.error ?? 'done', FULL);
    disk.fill(false);
    assert.equal((await send()).error, undefined);
    await assertStored();
    assert.equal(await counter.metric('dropped_records_total'), 0);
  });
});
