import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { DEFAULTS } from '../../nodes/shared/forms';
import { seededRandom } from '../../src/support/random';
import { FaultProxy, type Fault } from '../../testkit/links/fault-proxy';
import { startInfluxDb, type InfluxDb } from '../../testkit/servers/influxdb';
import { startNodeRed, type NodeRed } from '../../testkit/node-red/node-red';
import type { FlowEntry } from '../../testkit/node-red/node-red-admin';
import { acknowledgedIn, notedCounts } from '../../testkit/noted-counts';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';

const DATABASE = 'kills';
/** What the database, and what is before it, does to every write of a life, or to a share of them. */
const FAULTS: readonly (readonly [name: string, share: number, fault?: Fault])[] = [
  ['none', 0],
  ['database away', 0],
  ['503', 0.7, { kind: 'answer', status: 503 }],
  ['429 with a pause', 0.7, { kind: 'answer', status: 429, headers: { 'retry-after': '1' } }],
  ['500 without words', 1, { kind: 'answer', status: 500 }],
  ['500 as of a partial write', 1, { kind: 'answer', status: 500, body: '{"error":"partial write: timeout"}' }],
  ['504 of a proxy', 1, { kind: 'answer', status: 504, body: '<html>Gateway Timeout</html>' }],
  ['401', 1, { kind: 'answer', status: 401, body: '{"error":"authorization failed"}' }],
  ['400 for every request', 1, { kind: 'answer', status: 400, body: '{"error":"bad request"}' }],
  ['413 for every request', 1, { kind: 'answer', status: 413 }],
  ['422 for every request', 1, { kind: 'answer', status: 422, body: '{"error":"exceed limit of 5 tables"}' }],
  ['reply swallowed', 0.5, { kind: 'swallow the reply' }],
  ['cut after it was applied', 0.5, { kind: 'cut after it was applied' }],
  ['half a reply', 0.5, { kind: 'half a reply' }],
  ['cut while it is sent', 0.5, { kind: 'cut while it is sent' }],
];
/** PM500_KILLS=120 for the long form. */
const KILLS = Number(process.env['PM500_KILLS'] ?? String(FAULTS.length));
/** PM500_SEED repeats the moments of a run; its title tells them. */
const SEED = Number(process.env['PM500_SEED'] ?? Date.now() % 1_000_000);
const LONGEST_RUN_MS = 1500;
const START = 1_767_600_000_000;
const POINTS_PER_MESSAGE = 5;

/** Numbers on their way into the database: which measurement gets them, and where acknowledged ones are noted. */
interface Way {
  readonly influxMeasurement: string;
  readonly notes: string;
}

/** A reading of now with another value than the one before. */
const READING = `{
  schema: 'pm500.reading/1',
  meter: { name: 'main', host: '127.0.0.1', tags: {} },
  layout: { name: 'kills', confirmed: true },
  timestamp: Date.now(),
  blocks: [{
    assembly: 102, group: 'realtime', timestamp: Date.now(), latencyMs: 1,
    values: { frequency: 50 + (first % 10) / 10 }, provenance: { frequency: 'verified' },
  }],
}`;

/**
 * Points with numbers for a time, which influx-out acknowledges by the message: handed in as they are, and made of readings
 * by a mapping of the user.
 */
function flowOf(url: string, plain: Way, mapped: Way, countFrom: number): readonly FlowEntry[] {
  const tab = 'kill-tab';
  const out = (id: string): object => ({
    ...DEFAULTS['influx-out'],
    ...{ id, z: tab, x: 100, y: 100, type: 'influx-out', target: 'kill-target', wires: [[]] },
  });
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
      timeoutMs: 500,
    },
    out('plain-out'),
    out('mapped-out'),
    {
      ...DEFAULTS['pm500-normalize'],
      ...{ id: 'mapped-points', z: tab, x: 100, y: 100, type: 'pm500-normalize', wires: [['mapped-out'], []] },
      shape: 'jsonata',
      mapping: `[[0..${POINTS_PER_MESSAGE - 1}].{
        "measurement": "${mapped.influxMeasurement}",
        "fields": { "f": $$.first + $ },
        "timestamp": ${START} + $$.first + $
      }]`,
    },
  ];
  const point = `{ measurement: '${plain.influxMeasurement}', fields: { f: first + at }, timestamp: ${START} + first + at }`;
  const payload = `Array.from({ length: ${POINTS_PER_MESSAGE} }, (_, at) => (${point}))`;
  const counts = { tab, countFrom, numbersPerMessage: POINTS_PER_MESSAGE };
  return [
    ...(entries as readonly FlowEntry[]),
    ...notedCounts({ ...counts, prefix: 'plain', out: 'plain-out', notes: plain.notes, payload }),
    ...notedCounts({
      ...counts,
      ...{ prefix: 'mapped', into: 'mapped-points', out: 'mapped-out', notes: mapped.notes, payload: READING },
    }),
  ];
}

describe('Node-RED killed at random moments, under faults of its database', function () {
  this.timeout(60_000 + KILLS * 20_000);
  let database: InfluxDb;
  let proxy: FaultProxy;
  let nodeRed: NodeRed | undefined;
  const userDir = temporaryFolder('kills');
  const wayOf = (influxMeasurement: string): Way => ({
    influxMeasurement,
    notes: join(userDir, `${influxMeasurement}.txt`),
  });
  const plain = wayOf('plain');
  const mapped = wayOf('mapped');

  before(async () => {
    database = await startInfluxDb();
    await database.query(`CREATE DATABASE ${DATABASE}`);
    proxy = new FaultProxy(database.url);
    writeFileSync(join(userDir, 'flows.json'), JSON.stringify(flowOf(await proxy.start(), plain, mapped, Date.now())));
  });

  after(async () => {
    await nodeRed?.stop();
    await proxy.stop();
    await database.stop();
    removeFolder(userDir);
  });

  it(`has every acknowledged point exactly once in the database after ${KILLS} kills (PM500_SEED=${SEED})`, async () => {
    const random = seededRandom(SEED);
    for (let kill = 0; kill < KILLS; kill += 1) {
      const [name, share, fault] = FAULTS[kill % FAULTS.length] ?? ['', 0];
      const isAway = name === 'database away';
      if (isAway) await database.halt();
      proxy.always = () => (random() < share ? fault : undefined);
      nodeRed = await startNodeRed({ userDir });
      await pause(random() * LONGEST_RUN_MS);
      nodeRed.channel.close();
      await nodeRed.process.kill();
      nodeRed = undefined;
      if (isAway) await database.resume();
    }
    proxy.always = () => undefined;
    nodeRed = await startNodeRed({ userDir });
    for (const way of [plain, mapped]) await expectAll(way);
    assert.equal(existsSync(join(userDir, 'pm500', 'refused')), false, 'no point was set aside');
  });

  /** Every acknowledged number of a way is in the database, exactly once. */
  async function expectAll({ influxMeasurement, notes }: Way): Promise<void> {
    // Of the last run one, and more than one for each kill: a busy computer leaves a run no time for any.
    const before = Math.max(acknowledgedIn(notes).length, KILLS);
    await waitFor('points of the last run', () => acknowledgedIn(notes).length > before);
    const acknowledged = acknowledgedIn(notes);
    const last = Math.max(...acknowledged) + POINTS_PER_MESSAGE - 1;
    await waitFor('the last acknowledged point', async () => {
      const found = await database.query(`SELECT f FROM ${influxMeasurement} WHERE time = ${START + last}ms`, DATABASE);
      return found.length > 0;
    });
    assert.equal(new Set(acknowledged).size, acknowledged.length, 'no message was acknowledged twice');
    const [series] = await database.query(`SELECT f FROM ${influxMeasurement}`, DATABASE);
    const rows = series?.values ?? [];
    const stored = new Set(rows.map(([, value]) => Number(value)));
    assert.equal(stored.size, rows.length, 'no point is there twice');
    for (const [time, value] of rows) assert.equal(time, START + Number(value));
    const expected = acknowledged.flatMap((first) => Array.from({ length: POINTS_PER_MESSAGE }, (_, at) => first + at));
    const missing = expected.filter((number) => !stored.has(number));
    assert.deepEqual(missing, [], `${missing.length} of ${expected.length} acknowledged points are missing`);
  }
});
