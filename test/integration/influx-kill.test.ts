import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { DEFAULTS } from '../../nodes/shared/defaults';
import { seededRandom } from '../../src/support/random';
import { startInfluxDb, type InfluxDb } from '../support/influxdb';
import { startNodeRed, type NodeRed } from '../support/node-red';
import type { FlowEntry } from '../support/node-red-admin';
import { acknowledgedIn, notedCounts } from '../support/noted-counts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder';
import { waitFor } from '../support/wait';

const DATABASE = 'kills';
/** PM500_KILLS=50 for the long form. */
const KILLS = Number(process.env['PM500_KILLS'] ?? '8');
/** PM500_SEED repeats the moments of a run; its title tells them. */
const SEED = Number(process.env['PM500_SEED'] ?? Date.now() % 1_000_000);
const LONGEST_RUN_MS = 1500;
const START = 1_767_600_000_000;
const POINTS_PER_MESSAGE = 5;

/** Points with numbers for a time, which influx-out acknowledges by the message. */
function flowOf(url: string, notes: string, countFrom: number): readonly FlowEntry[] {
  const tab = 'kill-tab';
  const out = 'kill-out';
  const entries = [
    { id: tab, type: 'tab', label: 'kills', disabled: false, info: '', env: [] },
    {
      ...DEFAULTS['influx-target'],
      id: 'kill-target',
      type: 'influx-target',
      api: 'v1',
      url,
      database: DATABASE,
      flushMs: 20,
      batchLines: 50,
    },
    {
      ...DEFAULTS['influx-out'],
      z: tab,
      x: 100,
      y: 100,
      id: out,
      type: 'influx-out',
      target: 'kill-target',
      wires: [[]],
    },
  ];
  const point = `{ measurement: 'counted', fields: { f: first + at }, timestamp: ${START} + first + at }`;
  const payload = `Array.from({ length: ${POINTS_PER_MESSAGE} }, (_, at) => (${point}))`;
  const counts = notedCounts({ tab, out, notes, countFrom, numbersPerMessage: POINTS_PER_MESSAGE, payload });
  return [...(entries as readonly FlowEntry[]), ...counts];
}

describe('Node-RED killed at random moments', function () {
  this.timeout(60_000 + KILLS * 20_000);
  let database: InfluxDb;
  let nodeRed: NodeRed | undefined;
  const userDir = temporaryFolder('kills');
  const notes = join(userDir, 'acknowledged.txt');

  before(async () => {
    database = await startInfluxDb();
    await database.query(`CREATE DATABASE ${DATABASE}`);
    writeFileSync(join(userDir, 'flows.json'), JSON.stringify(flowOf(database.url, notes, Date.now())));
  });

  after(async () => {
    await nodeRed?.stop();
    await database.stop();
    removeFolder(userDir);
  });

  it(`has every acknowledged point exactly once in the database after ${KILLS} kills (PM500_SEED=${SEED})`, async () => {
    const random = seededRandom(SEED);
    for (let kill = 0; kill < KILLS; kill += 1) {
      // Every other time the database is away, so that all of it waits on the disk when the process dies.
      if (kill % 2 === 1) await database.halt();
      nodeRed = await startNodeRed({ userDir });
      await pause(random() * LONGEST_RUN_MS);
      nodeRed.channel.close();
      await nodeRed.process.kill();
      nodeRed = undefined;
      if (kill % 2 === 1) await database.resume();
    }
    nodeRed = await startNodeRed({ userDir });
    const before = acknowledgedIn(notes).length;
    await waitFor('points of the last run', () => acknowledgedIn(notes).length > before);
    const acknowledged = acknowledgedIn(notes);
    const last = Math.max(...acknowledged) + POINTS_PER_MESSAGE - 1;
    await waitFor('the last acknowledged point', async () => {
      const found = await database.query(`SELECT f FROM counted WHERE time = ${START + last}ms`, DATABASE);
      return found.length > 0;
    });
    assert.equal(new Set(acknowledged).size, acknowledged.length, 'no message was acknowledged twice');
    const [series] = await database.query('SELECT f FROM counted', DATABASE);
    const rows = series?.values ?? [];
    const stored = new Set(rows.map(([, value]) => Number(value)));
    assert.equal(stored.size, rows.length, 'no point is there twice');
    for (const [time, value] of rows) assert.equal(time, START + Number(value));
    const expected = acknowledged.flatMap((first) => Array.from({ length: POINTS_PER_MESSAGE }, (_, at) => first + at));
    const missing = expected.filter((number) => !stored.has(number));
    assert.deepEqual(missing, [], `${missing.length} of ${expected.length} acknowledged points are missing`);
    assert.ok(acknowledged.length > KILLS, `${acknowledged.length} messages were acknowledged`);
  });
});
