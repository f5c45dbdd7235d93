import assert from 'node:assert/strict';
import { COUNT_MEASUREMENT, COUNT_OUT, COUNT_START, Counter } from '../../testkit/counting-flow';
import { startInfluxDb, type InfluxDb } from '../../testkit/servers/influxdb';
import { written } from '../../testkit/servers/processes';
import { waitFor } from '../../testkit/wait';
import { startNodeRed, type NodeRed } from '../../testkit/node-red/node-red';

const DATABASE = 'quota';
const POINTS_PER_MESSAGE = 100;
const MESSAGES = 20;
/** Twice what the outbox may hold. */
const PAD = 1000;

describe('an outbox that reaches its limit while the database is away', () => {
  let database: InfluxDb;
  let nodeRed: NodeRed;

  before(async () => {
    database = await startInfluxDb();
    await database.query(`CREATE DATABASE ${DATABASE}`);
    nodeRed = await startNodeRed();
  });

  after(async () => {
    await nodeRed.stop();
    await database.stop();
  });

  it('drops the oldest points, says so everywhere, and delivers all others once', async () => {
    const counter = new Counter(nodeRed);
    const target = { api: 'v1', url: database.url, database: DATABASE, maximumMegabytes: 1 };
    await counter.deploy({ target, pointsPerMessage: POINTS_PER_MESSAGE, pad: PAD });
    await counter.send();
    await counter.delivered();
    await database.halt();

    const ends = await counter.sendMany(MESSAGES);
    assert.ok(
      ends.every(({ error }) => error === undefined),
      'every message is done',
    );
    const sent = POINTS_PER_MESSAGE * (MESSAGES + 1);
    const dropped = await counter.metric('dropped_records_total');
    const waiting = await counter.metric('waiting_records');
    assert.ok(dropped > POINTS_PER_MESSAGE && waiting > POINTS_PER_MESSAGE, `${dropped} dropped, ${waiting} wait`);
    assert.equal(dropped + waiting, sent - POINTS_PER_MESSAGE);
    assert.ok((await counter.metric('waiting_bytes')) <= 1_000_000);
    await nodeRed.channel.waitForStatus(
      COUNT_OUT,
      ({ fill, text }) => fill === 'red' && text === `lost: ${grouped(dropped)}`,
    );
    await written(nodeRed.process, /\[warn\].* lines were dropped before InfluxDB took them: the outbox is full/);
    await waitFor('diagnostics of it', () =>
      counter.diagnostics.some((told) => Number(told['dropped']) > 0 && told['state'] === 'retrying'),
    );

    await database.resume();
    await counter.delivered();
    const [series] = await database.query(`SELECT f FROM ${COUNT_MEASUREMENT}`, DATABASE);
    const before = Array.from({ length: POINTS_PER_MESSAGE }, (_, at) => at);
    const after = Array.from({ length: waiting }, (_, at) => sent - waiting + at);
    assert.deepEqual(
      series?.values,
      [...before, ...after].map((number) => [COUNT_START + number, number]),
    );
    assert.equal(await counter.metric('dropped_records_total'), dropped, 'nothing was dropped afterward');
    await nodeRed.channel.waitForStatus(
      COUNT_OUT,
      ({ fill, text }) => fill === 'yellow' && text === `lost: ${grouped(dropped)}`,
    );
  });
});

const grouped = (count: number): string => count.toLocaleString('en-US').replaceAll(',', ' ');
