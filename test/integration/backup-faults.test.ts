import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { DATABASE } from '../../src/influx/tiers/plan';
import { makeSmallDisk, type SmallDisk } from '../../testkit/delivery/small-disk';
import { ROOT } from '../../testkit/root';
import { startInfluxDb, type InfluxDb } from '../../testkit/servers/influxdb';
import { findProgram } from '../../testkit/servers/programs';
import { runScript, type Ended } from '../../testkit/servers/shell';
import { startVictoriaMetrics, type VictoriaMetrics } from '../../testkit/servers/victoria-metrics';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';

const DISK_BYTES = 4 * 1024 * 1024;
const POINTS = 20_000;

/** The scripts, and the program of each that does the work. */
const BACKUPS = [
  { script: 'backup-v1.sh', program: 'influxd' },
  { script: 'backup-vm.sh', program: 'vmbackup' },
  { script: 'backup-files.sh', program: 'tar' },
] as const;

describe('a full volume, and a kill, while InfluxDB 1, VictoriaMetrics and files are backed up', function () {
  this.timeout(120_000);
  const folder = temporaryFolder('backup-faults');
  const into = join(folder, 'backups');
  const [nodeRed, data] = [join(folder, 'node-red'), join(folder, 'metrics')];
  const disk: SmallDisk = makeSmallDisk(into, DISK_BYTES);
  let influx: InfluxDb;
  let metrics: VictoriaMetrics;
  let variables: Readonly<Record<string, string>>;

  before(async () => {
    [influx, metrics] = [await startInfluxDb(), await startVictoriaMetrics({ folder: data })];
    await influx.query(`CREATE DATABASE ${DATABASE}`);
    const now = Date.now();
    const lines = Array.from({ length: POINTS }, (_, at) => `m,meter=m1 v=${(at * 7919) % 9973} ${now - at * 1000}`);
    for (const url of [`${influx.url}/write?db=${DATABASE}&precision=ms`, `${metrics.url}/write?precision=ms`]) {
      const response = await fetch(url, { method: 'POST', body: lines.join('\n') });
      assert.equal(response.status, 204, await response.text());
    }
    await metrics.export('{meter="m1"}');
    mkdirSync(nodeRed);
    writeFileSync(join(nodeRed, 'flows.json'), JSON.stringify(lines));
    variables = {
      INFLUX_RPC: influx.rpc,
      METRICS_URL: metrics.url,
      METRICS_DIR: data,
      NODE_RED_DIR: nodeRed,
      MOSQUITTO_CONF_DIR: nodeRed,
      MOSQUITTO_DATA_DIR: nodeRed,
      PM500_CONF_DIR: nodeRed,
    };
  });

  after(async () => {
    await influx.stop();
    await metrics.stop();
    disk.remove();
    removeFolder(folder);
  });

  afterEach(() => {
    disk.fill(false);
    for (const name of readdirSync(into)) rmSync(join(into, name), { recursive: true });
  });

  /** @param path of programs that stand in for those of the system */
  const run = (script: string, path = ''): Promise<Ended> =>
    runScript(join(ROOT, 'deploy/backup', script), {
      args: [into],
      detached: true,
      env: { ...variables, PATH: `${path}${delimiter}${process.env['PATH'] ?? ''}` },
    });
  /** What stands there, but for the log. */
  const made = (): readonly string[] =>
    readdirSync(into).filter((name) => !['filled', 'last-backup.log'].includes(name));
  const sizeOf = (name: string): number => {
    const path = join(into, name);
    if (!statSync(path).isDirectory()) return statSync(path).size;
    return readdirSync(path, { recursive: true, encoding: 'utf8' }).reduce(
      (sum, each) => sum + statSync(join(path, each)).size,
      0,
    );
  };

  for (const { script, program } of BACKUPS) {
    it(`${script} on a full volume says so and leaves nothing; with room it makes a whole one`, async () => {
      disk.fill(true);
      const { status, output } = await run(script);
      assert.equal(status, 1, output);
      assert.match(
        output,
        /check the space in|make room on its volume|make room and run this again|your rights, and the space/,
      );
      assert.equal(output.trim().split('\n').length, 1, output);
      assert.deepEqual(made(), []);
      disk.fill(false);
      const then = await run(script);
      assert.equal(then.status, 0, then.output);
      assert.deepEqual(made(), [basename(then.output.trim())]);
    });

    it(`${script} that is killed leaves a part that no restore takes, and the next run takes away`, async () => {
      const path = join(folder, `killing-${program}`);
      mkdirSync(path);
      // Some of its work is done.
      const real = findProgram(program);
      writeFileSync(join(path, program), `#!/bin/sh\n${real} "$@" >/dev/null 2>&1\nkill -9 0\n`);
      chmodSync(join(path, program), 0o755);
      assert.equal((await run(script, path)).signal, 'SIGKILL');
      const [part = '', ...others] = made().filter((name) => !name.includes('.list.'));
      assert.match(part, /\.part$/);
      assert.deepEqual(others, []);
      assert.ok(sizeOf(part) > 0);
      const restore = await runScript(join(ROOT, 'deploy/backup', script.replace('backup-', 'restore-')), {
        args: [join(into, part)],
        env: variables,
      });
      assert.equal(restore.status, 1);
      assert.match(restore.output, /was never finished: choose another/);
      const { status, output } = await run(script);
      assert.equal(status, 0, output);
      assert.deepEqual(made(), [basename(output.trim())]);
    });
  }

  it('a part that another run is making stays', async () => {
    const others = join(into, `20260329T002000Z.${process.pid}.part`);
    mkdirSync(others);
    const { status, output } = await run('backup-v1.sh');
    assert.equal(status, 0, output);
    assert.deepEqual([...made()].sort(), [basename(others), basename(output.trim())].sort());
  });
});
