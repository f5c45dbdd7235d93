import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DATABASE, TIERS } from '../../src/influx/tiers/plan';
import { DEPLOY_FOLDER } from '../../tools/influxdb/main';
import { makeSmallDisk } from '../../testkit/delivery/small-disk';
import { startInfluxDb, type InfluxDb } from '../../testkit/servers/influxdb';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { runHere } from '../cli/run-command';
import { ROOT } from '../../testkit/root';

/** The long form: PM500_DRILL_POINTS=10000000. */
const POINTS = Number(process.env['PM500_DRILL_POINTS'] ?? 100_000);
const BATCH = 5000;
/** More days than ten: a database has a file for each, and some numbers of files were restored into others. */
const DAYS = 12;
const DAY_MS = 86_400_000;
const KPI = 'powermonitor_500_kpi';
const DELTA = 'energy_delta_active_import_total';

interface Ended {
  readonly status: number | null;
  readonly output: string;
}

function run(script: string, variables: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn('sh', [script, ...args], { env: { ...process.env, ...variables } });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('close', (status) => {
      resolve({ status, output });
    });
  });
}

describe('backup and restore of a real InfluxDB 1', function () {
  this.timeout(POINTS > 1_000_000 ? 3_600_000 : 240_000);
  const folder = temporaryFolder('backup');
  const [backup, restore] = ['backup-v1.sh', 'restore-v1.sh'].map((name) => join(ROOT, 'deploy/backup', name)) as [
    string,
    string,
  ];
  let [database, other] = [undefined as InfluxDb | undefined, undefined as InfluxDb | undefined];

  after(async () => {
    await database?.stop();
    await other?.stop();
    removeFolder(folder);
  });

  const write = async ({ url }: InfluxDb, lines: readonly string[]): Promise<void> => {
    const response = await fetch(`${url}/write?db=${DATABASE}&precision=ms`, {
      method: 'POST',
      body: lines.join('\n'),
    });
    assert.equal(response.status, 204, await response.text());
  };
  const bootstrap = async ({ url }: InfluxDb): Promise<void> => {
    const { status, output } = await run(join(DEPLOY_FOLDER, 'bootstrap-v1.sh'), { INFLUX_URL: url });
    assert.equal(status, 0, output);
  };
  /** Counts and sums of raw points up to a time, and every point of the tiers. */
  const contents = async (from: InfluxDb, untilMs: number): Promise<unknown> => {
    const where = `WHERE time < ${untilMs}ms GROUP BY meter`;
    const raw = await from.query(
      `SELECT count("${DELTA}"), sum("${DELTA}") FROM ${DATABASE}.raw."${KPI}" ${where}`,
      DATABASE,
    );
    const tiers = [];
    for (const { name } of TIERS.slice(1)) {
      tiers.push(await from.query(`SELECT * FROM ${DATABASE}."${name}"."${KPI}" ${where}`, DATABASE));
    }
    return { raw, tiers };
  };
  const setUp = async (from: InfluxDb): Promise<unknown> => [
    await from.query(`SHOW RETENTION POLICIES ON ${DATABASE}`),
    await from.query('SHOW CONTINUOUS QUERIES'),
  ];

  it('gives back what was there while it was written to: counts, sums, tiers, policies and queries', async () => {
    database = await startInfluxDb();
    await bootstrap(database);
    const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    const first = today - DAYS * DAY_MS;
    const stepMs = (DAYS * DAY_MS) / POINTS;
    for (let at = 0; at < POINTS; at += BATCH) {
      const lines = Array.from({ length: Math.min(BATCH, POINTS - at) }, (_, place) => {
        const time = Math.floor(first + (at + place) * stepMs);
        return `${KPI},meter=m${(at + place) % 5},quality=good ${DELTA}=${(at + place) % 977} ${time}`;
      });
      await write(database, lines);
    }
    const rollup = async ({ url }: InfluxDb): Promise<void> => {
      const { code, stderr } = await runHere('influx', 'rollup', '--url', url, '--days', String(DAYS + 1), '--quiet');
      assert.equal(code, 0, stderr);
    };
    await rollup(database);
    const expected = await contents(database, today);
    const expectedSetUp = await setUp(database);

    // Somebody goes on writing, and knows what was acknowledged when.
    const acknowledged: number[] = [];
    const live = database;
    const over = new AbortController();
    const writer = (async (): Promise<void> => {
      for (let time = today; !over.signal.aborted; time += 1) {
        await write(live, [`${KPI},meter=live,quality=good ${DELTA}=1 ${time}`]);
        acknowledged.push(Date.now());
      }
    })();
    const beginMs = Date.now();
    const { status, output } = await run(backup, { INFLUX_RPC: database.rpc }, folder);
    const endMs = Date.now();
    over.abort();
    await writer;
    assert.equal(status, 0, output);
    const before = acknowledged.filter((time) => time <= beginMs).length;

    // The machine is gone.
    await database.stop();
    database = undefined;
    const lostMs = Date.now();
    other = await startInfluxDb();
    const restored = await run(restore, { INFLUX_RPC: other.rpc }, output.trim());
    assert.equal(restored.status, 0, restored.output);
    await bootstrap(other);
    const readyMs = Date.now();
    assert.deepEqual(await contents(other, today), expected);
    assert.deepEqual(await setUp(other), expectedSetUp);
    const [found] = await other.query(
      `SELECT count("${DELTA}") FROM ${DATABASE}.raw."${KPI}" WHERE meter = 'live'`,
      DATABASE,
    );
    const kept = Number(found?.values[0]?.[1] ?? 0);
    assert.ok(kept >= before, `${kept} of ${before} that were acknowledged before the backup began`);
    await rollup(other);
    assert.deepEqual(await contents(other, today), expected, 'summed up again they are the same');
    const [rpo, rto] = [endMs - (acknowledged[kept - 1] ?? beginMs), readyMs - lostMs];
    console.log(`      ${POINTS} points: backup ${endMs - beginMs} ms, RPO ${rpo} ms before its end, RTO ${rto} ms`);

    // Into one that has points nothing is restored.
    const again = await run(restore, { INFLUX_RPC: other.rpc }, output.trim());
    assert.equal(again.status, 1);
    assert.match(
      again.output,
      /^InfluxDB at \S+ has a database energy: restore into one that has none, or drop it first/,
    );
    assert.deepEqual(await contents(other, today), expected);
  });

  it('says in one sentence what to do where there is nothing to back up or to restore', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const rpc = other?.rpc ?? '';
    const refused = async (
      script: string,
      address: string,
      sentence: RegExp,
      ...args: readonly string[]
    ): Promise<void> => {
      const { status, output } = await run(script, { INFLUX_RPC: address, INFLUX_WAIT_SECONDS: '0' }, ...args);
      assert.equal(status, 1, output);
      assert.match(output, sentence);
      assert.equal(output.trim().split('\n').length, 1, output);
    };
    const { status, output } = await run(backup, { INFLUX_RPC: rpc, INFLUX_DATABASE: 'nothing' }, folder);
    assert.equal(status, 1, output);
    assert.match(output, /gives no backup \(.*that it has a database nothing/);
    await refused(backup, '127.0.0.1:1', /^Nobody answers at 127\.0\.0\.1:1: set INFLUX_RPC/, folder);
    const whole = readdirSync(folder).find((name) => name.endsWith('Z')) ?? '';
    await refused(restore, '127.0.0.1:1', /^Nobody answers at 127\.0\.0\.1:1: set INFLUX_RPC/, join(folder, whole));
    // A disk that the next one would fill: the database beside it would take nothing more.
    const small = join(folder, 'small');
    const disk = makeSmallDisk(small, 1024 * 1024);
    try {
      mkdirSync(join(small, '20260101T000000Z'));
      writeFileSync(join(small, '20260101T000000Z/shard'), Buffer.alloc(500 * 1024));
      await refused(
        backup,
        rpc,
        /^There is no room for the backup in \S+: \d+ MB are free, and the one before took/,
        small,
      );
      assert.deepEqual(readdirSync(small), ['20260101T000000Z']);
    } finally {
      disk.remove();
    }
    await refused(backup, rpc, /^Say where to/);
    await refused(backup, rpc, /cannot be made: check its place/, join(file, 'below'));
    await refused(restore, rpc, /^Say what to restore/);
    await refused(restore, rpc, /is no backup: it has no manifest/, file);
    await refused(restore, rpc, /was never finished/, `${folder}/20260101T000000Z.part`);
    assert.ok(!readdirSync(folder).some((name) => name.endsWith('.part')), 'nothing is half made');
  });
});
