import assert from 'node:assert/strict';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { TIERS } from '../../src/influx/tiers/plan';
import { FaultProxy, type Fault } from '../../testkit/links/fault-proxy';
import { makeSmallDisk, type SmallDisk } from '../../testkit/delivery/small-disk';
import { ROOT } from '../../testkit/root';
import { startInfluxDb, type InfluxDb } from '../../testkit/servers/influxdb';
import { freePort } from '../../testkit/servers/ports';
import { startProcess } from '../../testkit/servers/processes';
import { findProgram } from '../../testkit/servers/programs';
import { runScript, type Ended } from '../../testkit/servers/shell';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { resultOf, runHere, spawnCommand } from '../cli/run-command';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DISK_BYTES = 64 * 1024 * 1024;
/** Two days that have ended: no continuous query looks at them. */
const TO_MS = Math.floor(Date.now() / DAY_MS) * DAY_MS;
const FROM_MS = TO_MS - 2 * DAY_MS;
const EVERY_MS = 5 * 60_000;
const METERS = ['m1', 'm2', 'm3'];
const TIERS_MADE = ['1m', '15m', 'day'];
/** Statements of a roll-up before which something happens, of the forty that it asks. */
const MOMENTS = [7, 21];
/** Calls of the bootstrap, from one that is killed to the next. */
const STRIDE = 19;

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const ROLLUP = [
  ...['rollup', '--from', day(FROM_MS), '--to', day(TO_MS)],
  ...TIERS_MADE.flatMap((tier) => ['--tier', tier]),
];

describe('a full volume, and a kill, while an InfluxDB 1 is set up and summed up', function () {
  this.timeout(240_000);
  const folder = temporaryFolder('tiers-faults');
  const counter = join(folder, 'count');
  const disk: SmallDisk = makeSmallDisk(join(folder, 'disk'), DISK_BYTES);
  let database: InfluxDb;
  let proxy: FaultProxy;
  let url = '';

  before(async () => {
    // In place of curl: it counts its calls, and at one of them everything is killed.
    const curl = `#!/bin/sh
echo x >>"$COUNTER"
[ "$(wc -l <"$COUNTER")" -ne "$KILL_AT" ] || kill -9 0
exec ${findProgram('curl')} "$@"
`;
    writeFileSync(join(folder, 'curl'), curl);
    chmodSync(join(folder, 'curl'), 0o755);
    database = await startInfluxDb({ folder: join(folder, 'disk') });
    proxy = new FaultProxy(database.url);
    url = await proxy.start();
  });

  after(async () => {
    await proxy.stop();
    disk.remove();
    await database.stop();
    removeFolder(folder);
  });

  afterEach(() => {
    disk.fill(false);
    proxy.always = () => undefined;
  });

  const bootstrap = (name: string, killAt = 0): Promise<Ended> => {
    rmSync(counter, { force: true });
    return runScript(join(ROOT, 'deploy/influxdb/bootstrap-v1.sh'), {
      detached: true,
      env: {
        PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}`,
        COUNTER: counter,
        KILL_AT: String(killAt),
        INFLUX_URL: database.url,
        INFLUX_DATABASE: name,
        INFLUX_WAIT_SECONDS: '5',
      },
    });
  };
  /** What a bootstrap has to have made, whatever the database is called. */
  const setUp = async (name: string): Promise<string> => {
    const queries = (await database.query('SHOW CONTINUOUS QUERIES')).find((each) => each.name === name);
    const policies = await database.query(`SHOW RETENTION POLICIES ON "${name}"`);
    return JSON.stringify([policies, queries?.values]).replaceAll(new RegExp(`\\b${name}\\b`, 'g'), '@');
  };
  /** A database with the points of two days. */
  const filled = async (name: string): Promise<void> => {
    const { status, output } = await bootstrap(name);
    assert.equal(status, 0, output);
    const lines: string[] = [];
    for (let time = FROM_MS; time < TO_MS; time += EVERY_MS) {
      for (const [place, meter] of METERS.entries()) {
        const value = (time / EVERY_MS + 100 * place) % 977;
        lines.push(`powermonitor_500,meter=${meter},quality=good active_power_total=${value} ${time}`);
        lines.push(
          `powermonitor_500_kpi,meter=${meter},quality=good energy_delta_active_import_total=${value} ${time}`,
        );
      }
    }
    const body = lines.join('\n');
    const response = await fetch(`${database.url}/write?db=${name}&precision=ms`, { method: 'POST', body });
    assert.equal(response.status, 204, await response.text());
  };
  /** Every point of every tier. */
  const contents = async (name: string): Promise<unknown> => {
    const found: unknown[] = [];
    for (const tier of TIERS) {
      for (const measurement of ['powermonitor_500', 'powermonitor_500_kpi'])
        found.push(await database.query(`SELECT * FROM "${tier.name}"."${measurement}" GROUP BY *`, name));
    }
    return found;
  };
  const rollUp = (name: string): ReturnType<typeof runHere> =>
    runHere('influx', ...ROLLUP, '--url', url, '--database', name);
  /** At this statement of those that the proxy passes on something happens. */
  const at = (moment: number, happens: () => Fault | undefined): void => {
    const first = proxy.relayed;
    proxy.always = () => (proxy.relayed - first === moment ? happens() : undefined);
  };
  /**
   * As the runbook says: the first start cuts off the half-written end of a log and still writes where it was, and what
   * stands behind the hole is gone at the next start. So nobody finds it at the first.
   */
  const startAlone = async (): Promise<void> => {
    const elsewhere = `127.0.0.1:${await freePort()}`;
    const alone = await startProcess({
      name: 'influxd',
      command: findProgram('influxd'),
      args: ['run', '-config', join(folder, 'disk/influxdb.conf')],
      env: { HOME: folder, INFLUXDB_HTTP_BIND_ADDRESS: elsewhere, INFLUXDB_CONTINUOUS_QUERIES_ENABLED: 'false' },
      ready: async () => (await fetch(`http://${elsewhere}/ping`)).status === 204,
    });
    await assert.rejects(fetch(`${database.url}/ping`), 'nobody finds it');
    await alone.stop();
  };
  const assertSentence = (said: string, sentence: RegExp): void => {
    assert.match(said, sentence);
    assert.equal(said.trim().split('\n').length, 1, said);
  };

  it('the bootstrap says that the volume is full, and makes everything when there is room', async () => {
    assert.equal((await bootstrap('calm')).status, 0);
    const first = await setUp('calm');
    disk.fill(true);
    const full = await bootstrap('full');
    assert.equal(full.status, 1, full.output);
    assertSentence(full.output, /^The volume of InfluxDB at \S+ is full: make room on it and run this again\.$/m);
    disk.fill(false);
    const then = await bootstrap('full');
    assert.equal(then.status, 0, then.output);
    assert.match(then.output, /is ready/);
    assert.equal(await setUp('full'), first);
  });

  it('a bootstrap that is killed at any moment is completed by the next', async () => {
    const expected = await setUp('calm');
    assert.equal((await bootstrap('calm')).status, 0);
    const calls = readFileSync(counter, 'utf8').length / 2;
    assert.ok(calls > 20, String(calls));
    for (let moment = 1; moment <= calls; moment += STRIDE) {
      const name = `killed${moment}`;
      assert.equal((await bootstrap(name, moment)).signal, 'SIGKILL', `at ${moment}`);
      const { status, output } = await bootstrap(name);
      assert.equal(status, 0, `at ${moment}: ${output}`);
      assert.equal(await setUp(name), expected, `at ${moment}`);
      await database.query(`DROP DATABASE "${name}"`);
    }
  });

  it('a roll-up that is killed, or whose database is, is completed by the next', async () => {
    await filled('calm');
    assert.equal((await rollUp('calm')).code, 0);
    const expected = await contents('calm');
    assert.ok(JSON.stringify(expected).length > 100_000);
    await filled('killed');
    for (const moment of MOMENTS) {
      const child = spawnCommand('influx', ...ROLLUP, '--url', url, '--database', 'killed');
      at(moment, () => {
        child.kill('SIGKILL');
        return { kind: 'cut after it was applied' };
      });
      assert.equal((await resultOf(child)).code, null, `at ${moment}`);
      at(moment + 1, () => {
        process.kill(database.process.pid, 'SIGKILL');
        return undefined;
      });
      const { code, stderr } = await rollUp('killed');
      assert.equal(code, 1);
      assertSentence(stderr, /^InfluxDB at \S+ does not answer \(.*\); check the URL and the server\.$/m);
      await database.process.exited;
      await database.resume();
    }
    const last = await rollUp('killed');
    assert.equal(last.code, 0, last.stderr);
    assert.deepEqual(await contents('killed'), expected);
  });

  it('a roll-up says that the volume of the database is full; with room, and the database started again, the next one completes it', async () => {
    const expected = await contents('calm');
    await filled('filled');
    at(MOMENTS[0] ?? 0, () => {
      disk.fill(true);
      return undefined;
    });
    const { code, stderr } = await rollUp('filled');
    assert.equal(code, 1, stderr);
    assertSentence(
      stderr,
      /^InfluxDB at \S+ refuses the query \(.*\); its volume is full: make room on it, start InfluxDB again as docs\/runbooks\/sink-down\.md says, then run this again\.$/m,
    );
    disk.fill(false);
    await database.halt();
    await startAlone();
    await database.resume();
    const then = await rollUp('filled');
    assert.equal(then.code, 0, then.stderr);
    assert.deepEqual(await contents('filled'), expected);
    await database.halt();
    await database.resume();
    assert.deepEqual(await contents('filled'), expected, 'what was cut off on the full volume costs nothing else');
  });
});
