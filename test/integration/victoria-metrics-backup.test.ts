import assert from 'node:assert/strict';
import { chownSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../testkit/root';
import { freePort } from '../../testkit/servers/ports';
import { runScript, type Ended } from '../../testkit/servers/shell';
import { startVictoriaMetrics, type VictoriaMetrics } from '../../testkit/servers/victoria-metrics';
import type { Series } from '../../testkit/servers/victoria-metrics-query';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';

const NOBODY = 65534;
const DAY_MS = 86_400_000;
const METERS = 5;
const DAYS = 60;

describe('backup and restore of a real VictoriaMetrics', () => {
  const folder = temporaryFolder('vm-backup');
  const [data, backups, elsewhere] = ['data', 'backups', 'elsewhere'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  let server: VictoriaMetrics | undefined;
  let nobody = '';

  before(async () => {
    nobody = `http://127.0.0.1:${await freePort()}`;
    server = await startVictoriaMetrics({ folder: data });
  });

  after(async () => {
    await server?.stop();
    removeFolder(folder);
  });

  const run = (script: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> =>
    runScript(join(ROOT, 'deploy/backup', script), { args, env });
  const write = async (url: string, lines: readonly string[]): Promise<void> => {
    const response = await fetch(`${url}/write?precision=ms`, { method: 'POST', body: lines.join('\n') });
    assert.equal(response.status, 204, await response.text());
  };
  const sorted = (series: readonly Series[]): readonly Series[] =>
    [...series].sort((one, other) => JSON.stringify(one.metric).localeCompare(JSON.stringify(other.metric)));
  const everything = async (from: VictoriaMetrics): Promise<readonly Series[]> =>
    sorted(await from.export('{meter=~"m.+"}'));

  it('every series is the same in another folder; what came after the snapshot is not there', async () => {
    assert.ok(server);
    const first = Date.now() - DAYS * DAY_MS;
    const lines = Array.from({ length: METERS * DAYS * 24 }, (_, place) => {
      const time = Math.floor(first + Math.floor(place / METERS) * (DAY_MS / 24));
      return `powermonitor_500,meter=m${place % METERS} power_active_total=${place % 977},voltage=${400 + (place % 7)} ${time}`;
    });
    await write(server.url, lines);
    const expected = await everything(server);
    assert.equal(expected.length, METERS * 2);
    assert.equal(
      expected.reduce((sum, { values }) => sum + values.length, 0),
      lines.length * 2,
    );
    const { status, output } = await run('backup-vm.sh', [backups], { METRICS_URL: server.url, METRICS_DIR: data });
    assert.equal(status, 0, output);
    assert.deepEqual(readdirSync(join(data, 'snapshots')), [], 'the snapshot takes no room any more');
    await write(server.url, [`powermonitor_500,meter=m_later voltage=1 ${Date.now()}`]);
    const url = server.url;
    const running = await run('restore-vm.sh', [output.trim()], { METRICS_URL: url, METRICS_DIR: elsewhere });
    assert.equal(running.status, 1);
    assert.match(running.output, /still runs at \S+: stop it first/);
    await server.halt();

    // As a service has it: a link to the folder of a user who may not be root.
    const behind = join(folder, 'private');
    mkdirSync(behind);
    symlinkSync('private', elsewhere);
    if (process.getuid?.() === 0) chownSync(behind, NOBODY, NOBODY);
    const restored = await run('restore-vm.sh', [output.trim()], { METRICS_URL: url, METRICS_DIR: elsewhere });
    assert.equal(restored.status, 0, restored.output);
    for (const name of readdirSync(behind, { recursive: true, encoding: 'utf8' }))
      assert.equal(statSync(join(behind, name)).uid, statSync(behind).uid, name);
    const other = await startVictoriaMetrics({ folder: elsewhere });
    try {
      assert.deepEqual(await everything(other), expected);
    } finally {
      await other.halt();
    }
    const again = await run('restore-vm.sh', [output.trim()], { METRICS_URL: url, METRICS_DIR: elsewhere });
    assert.equal(again.status, 1);
    assert.match(again.output, /^There are data in \S+ already: move them away first/);
    await server.resume();
  });

  it('says in one sentence what to do where there is nothing to back up or to restore', async () => {
    const url = server?.url ?? '';
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const refused = async (script: string, args: readonly string[], env: object, sentence: RegExp): Promise<void> => {
      const { status, output } = await run(script, args, { METRICS_URL: url, METRICS_DIR: data, ...env });
      assert.equal(status, 1, output);
      assert.match(output, sentence);
      assert.equal(output.trim().split('\n').length, 1, output);
    };
    await refused('backup-vm.sh', [], {}, /^Say where to/);
    await refused('backup-vm.sh', [join(file, 'below')], {}, /cannot be made: check its place/);
    await refused('backup-vm.sh', [backups], { METRICS_DIR: '/nowhere' }, /no data of VictoriaMetrics in \/nowhere/);
    await refused('backup-vm.sh', [backups], { METRICS_URL: nobody }, /does not answer at \S+: set METRICS_URL/);
    await refused('restore-vm.sh', [], {}, /^Say what to restore/);
    await refused('restore-vm.sh', [file], {}, /is no backup, or not whole/);
    await refused('restore-vm.sh', [`${folder}/20260101T000000Z.part`], {}, /was never finished/);
    assert.ok(!readdirSync(backups).some((name) => name.endsWith('.part')), 'nothing is half made');
  });
});
